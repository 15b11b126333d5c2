// docs/internals/api.md, "Worked examples", byte for byte, from the client's side.
import { expect, test } from 'vitest';
import type { AutobatchClient } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE } from '../helpers/spans.ts';

const SPAN_Z = '01k3zxw0000000a1b2c300000000000z';
const key = (n: number): string => `5b0c9f1e-000${n}-4a6d-9a51-3f2b6d1c7e0${n}`;

const HAPPY = `{ "items": [
  { "_type": "agent_spans/create", "idempotency_key": "5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01",
    "details": { "agent_instance_id": "${INSTANCE}", "schema_name": "shop:price_lookup", "status": "complete",
      "payload": { "sku": "TEA-40" }, "result_payload": { "price": 4.2 }, "parent_span_id": null,
      "started_at": "2026-09-01T08:00:00.000Z", "finished_at": "2026-09-01T08:00:00.310Z" } },
  { "_type": "agent_spans/create", "idempotency_key": "5b0c9f1e-0002-4a6d-9a51-3f2b6d1c7e02",
    "details": { "agent_instance_id": "${INSTANCE}", "schema_name": "shop:reply", "status": "active", "sensitive_encoding": true,
      "payload": { "question": { "$sensitive": "string", "value": "where is my order" } },
      "started_at": "2026-09-01T08:00:00.320Z" } },
  { "_type": "agent_spans/finish", "idempotency_key": "5b0c9f1e-0003-4a6d-9a51-3f2b6d1c7e03",
    "agent_span_id": "${SPAN_Z}", "status": "complete", "timestamp": "2026-09-01T08:00:00.400Z", "result_payload": { "ok": true } }
] }`;

const HAPPY_ANSWER = `{ "status": "success", "outputs": {
  "5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01": { "status": "success", "details": { "type": "agent_span", "id": "spanA", "status": "complete" } },
  "5b0c9f1e-0002-4a6d-9a51-3f2b6d1c7e02": { "status": "success", "details": { "type": "agent_span", "id": "spanB", "status": "active" },
    "control": { "terminate": false, "reason": null } },
  "5b0c9f1e-0003-4a6d-9a51-3f2b6d1c7e03": { "status": "success", "details": { "type": "agent_span", "id": "${SPAN_Z}", "status": "complete" } }
} }`;

function happyCalls({ agentSpans }: AutobatchClient) {
  return [
    agentSpans.create({
      agentInstanceId: INSTANCE,
      schemaName: 'shop:price_lookup',
      status: 'complete',
      payload: { sku: 'TEA-40' },
      resultPayload: { price: 4.2 },
      parentSpanId: null,
      startedAt: '2026-09-01T08:00:00.000Z',
      finishedAt: '2026-09-01T08:00:00.310Z',
      idempotencyKey: key(1),
    }),
    agentSpans.create({
      agentInstanceId: INSTANCE,
      schemaName: 'shop:reply',
      status: 'active',
      sensitiveEncoding: true,
      payload: { question: { $sensitive: 'string', value: 'where is my order' } },
      startedAt: new Date('2026-09-01T08:00:00.320Z'),
      idempotencyKey: key(2),
    }),
    agentSpans.finish(SPAN_Z, {
      status: 'complete',
      timestamp: '2026-09-01T08:00:00.400Z',
      resultPayload: { ok: true },
      idempotencyKey: key(3),
    }),
  ] as const;
}

test('11.1: the calls are written as the example has them', async () => {
  const t = await harness({ ids: 'server' });
  t.emulator.faults.next({ kind: 'status', status: 200, body: HAPPY_ANSWER });
  const calls = happyCalls(t.client);
  await t.settled();
  expect(t.sent).toHaveLength(1);
  const sent = JSON.parse(t.sent[0]?.body ?? '') as { items: Record<string, unknown>[] };
  // A root may say so or leave it out: the example has one of each (docs/internals/api.md, "Creating a span": null, or
  // left out).
  expect(withoutNullParents(sent)).toEqual(withoutNullParents(JSON.parse(HAPPY)));
  expect(sent.items[0]).toEqual((JSON.parse(HAPPY) as typeof sent).items[0]);
  expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
});

test('11.1: the answer settles each call by its key', async () => {
  const t = await harness({ ids: 'server' });
  t.emulator.faults.next({ kind: 'status', status: 200, body: HAPPY_ANSWER });
  const [a, b, z] = happyCalls(t.client);
  await t.settled();
  expect(await a).toEqual({ type: 'agent_span', id: 'spanA', status: 'complete' });
  expect(await b).toEqual({
    type: 'agent_span',
    id: 'spanB',
    status: 'active',
    control: { terminate: false, reason: null },
  });
  expect(await z).toEqual({ type: 'agent_span', id: SPAN_Z, status: 'complete' });
});

const PARTIAL_ANSWER = `{ "status": "success", "outputs": {
  "order-span-01": { "status": "success", "details": { "id": "spanC" } },
  "order-span-02": { "status": "error", "code": "validation_errors", "message": "Invalid span", "errors": { "agent_instance_id": ["is not a valid id"] } }
} }`;

function orderSpan(
  { agentSpans }: AutobatchClient,
  number: number,
  parentSpanId?: Promise<unknown>,
) {
  return agentSpans.create({
    agentInstanceId: INSTANCE,
    schemaName: 'shop:order',
    status: 'complete',
    idempotencyKey: `order-span-0${number}`,
    parentSpanId: parentSpanId as never,
  });
}

test('11.2: 01 resolves, 02 rejects, 03 and 04 head the next batch, which may be filled up', async () => {
  const t = await harness({ ids: 'server', batch: { concurrency: 1 } });
  t.emulator.faults.next({ kind: 'status', status: 200, body: PARTIAL_ANSWER });
  const calls = [1, 2, 3, 4].map((number) => orderSpan(t.client, number));
  await t.pass(5);
  const newer = orderSpan(t.client, 5);
  await t.settled();
  expect(t.batches()).toEqual([
    ['order-span-01', 'order-span-02', 'order-span-03', 'order-span-04'],
    ['order-span-03', 'order-span-04', 'order-span-05'],
  ]);
  expect(t.sent[1]?.items.slice(0, 2)).toEqual(t.sent[0]?.items.slice(2));
  expect(await outcomes(...calls, newer)).toEqual([
    'ok',
    'PrefactorValidationError',
    'ok',
    'ok',
    'ok',
  ]);
  expect((await calls[0])?.id).toBe('spanC');
  expect(await failureOf(calls[1] as Promise<unknown>)).toMatchObject({
    apiCode: 'validation_errors',
    message: expect.stringContaining('Invalid span'),
    errors: { agent_instance_id: ['is not a valid id'] },
    idempotencyKey: 'order-span-02',
  });
});

test("11.2: if 03 named 02's id as its parent, 03 is rejected locally", async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 200, body: PARTIAL_ANSWER });
  const first = orderSpan(t.client, 1);
  const second = orderSpan(t.client, 2);
  const third = orderSpan(t.client, 3, second);
  const fourth = orderSpan(t.client, 4);
  await t.settled();
  expect(await outcomes(first, second, third, fourth)).toEqual([
    'ok',
    'PrefactorValidationError',
    'PrefactorDependencyError',
    'ok',
  ]);
  expect(t.batches()[1]).toEqual(['order-span-04']);
});

test('11.3: a whole request of one item that is refused rejects that item', async () => {
  const t = await harness();
  t.emulator.faults.next({
    kind: 'status',
    status: 422,
    body: `{ "status": "error", "code": "validation_errors", "message": "Request is not valid",
      "errors": { "items": { "status": "error", "code": "required", "message": "one or more items are incomplete" } } }`,
  });
  const call = orderSpan(t.client, 1);
  await t.settled();
  expect(await failureOf(call)).toMatchObject({
    name: 'PrefactorValidationError',
    status: 422,
    apiCode: 'validation_errors',
    errors: { items: { code: 'required' } },
  });
});

// That all sending is held for 7 seconds, and the request repeated, is not built yet.
test('11.4: a rate limit holds all sending, and the same body goes again', async () => {
  const t = await harness();
  t.emulator.faults.next({
    kind: 'status',
    status: 429,
    retryAfter: 7,
    body: '{ "status": "error", "code": "rate_limited", "message": "Slow down" }',
  });
  const call = orderSpan(t.client, 1);
  await t.pass(6_900);
  expect(t.sent).toHaveLength(1);
  await t.settled();
  await call;
  expect(t.sent.map(({ body }) => body)).toEqual([t.sent[0]?.body, t.sent[0]?.body]);
});

function withoutNullParents({ items }: { items: Record<string, unknown>[] }) {
  return items.map(({ details, ...item }) => {
    if (typeof details !== 'object' || details === null) return item;
    const { parent_span_id: parent, ...rest } = details as Record<string, unknown>;
    return { ...item, details: parent === null || parent === undefined ? rest : details };
  });
}
