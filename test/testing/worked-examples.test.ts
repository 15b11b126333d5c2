// docs/internals/api.md, "Worked examples", byte for byte.

import { expect, test } from 'vitest';
import { bulk, INSTANCE, newEmulator, outcomes, post, send, withInstance } from './helpers.ts';

const SPAN_Z = '01k3zxw0000000a1b2c300000000000z';
const STARTED = '2026-09-01T08:00:00.123Z';

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

test('11.1: one finished span, one running span, one finish', async () => {
  const emulator = await withInstance({ alwaysControl: true });
  await post(emulator, 'agent_spans', {
    details: {
      agent_instance_id: INSTANCE,
      schema_name: 'shop:order',
      status: 'active',
      payload: {},
      id: SPAN_Z,
    },
  });

  const reply = await send(emulator, 'POST', 'bulk', HAPPY);

  const { instances } = emulator.snapshot();
  const [spanA, spanB] = Object.keys(instances[INSTANCE]?.spans ?? {}).filter(
    (id) => id !== SPAN_Z,
  );
  const details = {
    type: 'agent_span',
    account_id: expect.any(String),
    agent_id: expect.any(String),
    agent_instance_id: INSTANCE,
    parent_span_id: null,
    result_payload: null,
    summary: null,
    finished_at: null,
    sensitive_encoding: false,
    payload_byte_size_estimate: expect.any(Number),
    purpose: 'activity',
    data_risk: null,
    inserted_at: STARTED,
    updated_at: STARTED,
  };
  const control = { terminate: false, reason: null };
  expect(reply.status).toBe(200);
  expect(reply.body).toStrictEqual({
    status: 'success',
    outputs: {
      '5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01': {
        status: 'success',
        details: {
          ...details,
          id: expect.toSatisfy((id) => id === spanA || id === spanB),
          schema_name: 'shop:price_lookup',
          schema_title: 'shop:price_lookup',
          status: 'complete',
          payload: { sku: 'TEA-40' },
          result_payload: { price: 4.2 },
          started_at: '2026-09-01T08:00:00.000Z',
          finished_at: '2026-09-01T08:00:00.310Z',
        },
        control,
      },
      '5b0c9f1e-0002-4a6d-9a51-3f2b6d1c7e02': {
        status: 'success',
        details: {
          ...details,
          id: expect.toSatisfy((id) => id === spanA || id === spanB),
          schema_name: 'shop:reply',
          schema_title: 'shop:reply',
          status: 'active',
          payload: { question: { $sensitive: 'string', value: 'where is my order' } },
          started_at: '2026-09-01T08:00:00.320Z',
          sensitive_encoding: true,
        },
        control,
      },
      '5b0c9f1e-0003-4a6d-9a51-3f2b6d1c7e03': {
        status: 'success',
        details: {
          ...details,
          id: SPAN_Z,
          schema_name: 'shop:order',
          schema_title: 'shop:order',
          status: 'complete',
          payload: {},
          result_payload: { ok: true },
          started_at: STARTED,
          finished_at: '2026-09-01T08:00:00.400Z',
        },
        control,
      },
    },
  });
  expect(emulator.report().breaches).toEqual([]);
});

test('11.2: the second of four creates fails; the third and fourth are absent', async () => {
  const emulator = await withInstance();
  const items = ['order-span-01', 'order-span-02', 'order-span-03', 'order-span-04'].map((key) => ({
    _type: 'agent_spans/create',
    idempotency_key: key,
    details: {
      agent_instance_id: key === 'order-span-02' ? 'order' : INSTANCE,
      schema_name: 'shop:order',
      status: 'complete',
      payload: {},
    },
  }));

  const first = await bulk(emulator, ...items);
  expect(first.status).toBe(200);
  expect(first.body).toStrictEqual({
    status: 'success',
    outputs: {
      'order-span-01': {
        status: 'success',
        details: expect.objectContaining({ type: 'agent_span' }),
      },
      'order-span-02': {
        status: 'error',
        code: 'validation_errors',
        message: 'Invalid span',
        errors: { agent_instance_id: ['is not a valid id'] },
      },
    },
  });

  const next = await bulk(emulator, ...items.slice(2));
  expect(outcomes(next)).toEqual({ 'order-span-03': 'success', 'order-span-04': 'success' });
});

// The example's own word for the nested code is `required`, which is not of the list of 6.1.
test('11.3: a request with an incomplete item is refused as a whole', async () => {
  const emulator = newEmulator();
  const reply = await bulk(emulator, { _type: 'agents/list' });
  expect(reply.status).toBe(422);
  expect(reply.body).toStrictEqual({
    status: 'error',
    code: 'validation_errors',
    message: 'Request is not valid',
    errors: {
      items: {
        status: 'error',
        code: 'required_value',
        message: 'one or more items are incomplete',
      },
    },
  });
});

test('11.4: rate limited, with Retry-After', async () => {
  const emulator = newEmulator();
  emulator.faults.next({ kind: 'status', status: 429, retryAfter: 7 });
  const reply = await bulk(emulator, { _type: 'agents/list', idempotency_key: 'list-all-agents' });
  expect(reply.status).toBe(429);
  expect(reply.headers.get('retry-after')).toBe('7');
  expect(reply.body).toStrictEqual({
    status: 'error',
    code: 'rate_limited',
    message: 'Slow down',
    retry_after_ms: 7_000,
  });
});
