// An aborted call rejects at once with its signal's own reason.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { AgentSpanCreateParams } from '../../src/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

class Enough extends Error {}

function abortable(t: Harness, name: string, fields: Partial<AgentSpanCreateParams> = {}) {
  const controller = new AbortController();
  const reason = new Enough(name);
  const call = t.client.agentSpans.create(span(name, fields), { signal: controller.signal });
  return { call, reason, signal: controller.signal, abort: () => controller.abort(reason) };
}

test('before the call: nothing is sent', async () => {
  const t = await harness();
  const reason = new Enough();
  const call = t.client.agentSpans.create(span('a'), { signal: AbortSignal.abort(reason) });
  expect(await failureOf(call)).toBe(reason);
  await t.settled();
  expect(t.sent).toEqual([]);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 1, cancelled: 1 });
});

test('within the window: nothing is sent', async () => {
  const t = await harness({ batch: { window: 100 } });
  const a = abortable(t, 'a');
  const b = t.span('b');
  await t.pass(50);
  a.abort();
  expect(await failureOf(a.call)).toBe(a.reason);
  await t.settled();
  expect(t.batches()).toEqual([['b']]);
  expect(await outcomes(b)).toEqual(['ok']);
});

test('while it waits for a free request, or for what it needs', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const busy = t.span('busy', { status: 'active' });
  await t.settle();
  const queued = abortable(t, 'queued');
  const blocked = abortable(t, 'blocked', { parentSpanId: busy });
  await t.pass(5);
  queued.abort();
  blocked.abort();
  expect(await failureOf(queued.call)).toBe(queued.reason);
  expect(await failureOf(blocked.call)).toBe(blocked.reason);
  await t.settled();
  expect(t.batches()).toEqual([['busy']]);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 2 });
});

test('in flight: it rejects at once, the server may do it, and the neighbours live on', async () => {
  const t = await harness();
  const a = abortable(t, 'a');
  const b = t.span('b');
  await t.pass(5);
  a.abort();
  expect(await failureOf(a.call)).toBe(a.reason);
  expect(t.sent[0]?.request.signal.aborted).toBe(false);
  await t.settled();
  expect(await outcomes(b)).toEqual(['ok']);
  expect(t.emulator.report().effects.get(keyOf('a'))).toBe(1);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 1, inDoubt: 0 });
});

test('in flight, and the answer is lost: it is not sent again where nobody needs it', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropAfter' });
  const a = abortable(t, 'a');
  const b = t.span('b');
  await t.pass(5);
  a.abort();
  await t.settled();
  expect(await outcomes(a.call, b)).toEqual(['Error', 'ok']);
  expect(t.batches()).toEqual([['a', 'b'], ['b']]);
});

test('in flight, and the answer is lost: it is sent again where others need what it makes', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropBefore' });
  const root = abortable(t, 'root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root.call });
  await t.pass(5);
  root.abort();
  await t.settled();
  expect(await failureOf(root.call)).toBe(root.reason);
  expect(await outcomes(child)).toEqual(['ok']);
  expect(t.emulator.report().effects.get(keyOf('root'))).toBe(1);
});

test('what depends on a create that was aborted unsent is rejected', async () => {
  const t = await harness({ batch: { window: 100 } });
  const root = abortable(t, 'root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root.call });
  root.abort();
  await t.settled();
  expect(await failureOf(child)).toMatchObject({
    name: 'PrefactorDependencyError',
    resourceId: root.call.id,
    cause: root.reason,
  });
  expect(t.sent).toEqual([]);
});

test('while it waits for another attempt: it is dropped', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const a = abortable(t, 'a');
  await t.pass(2_000);
  a.abort();
  expect(await failureOf(a.call)).toBe(a.reason);
  await t.settle();
  expect(t.client.stats()).toMatchObject({ queued: 0, inFlight: 0, ledger: { pending: 0 } });
  await t.settled();
});

test('after it settled: nothing happens', async () => {
  const t = await harness();
  const a = abortable(t, 'a');
  await t.settled();
  a.abort();
  await t.settled();
  expect(await outcomes(a.call)).toEqual(['ok']);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 0 });
});

test('an abort is no failure that anybody is told of', async () => {
  const t = await harness();
  const failures: unknown[] = [];
  t.client.on('failure', (detail) => failures.push(detail));
  const a = abortable(t, 'a');
  a.abort();
  await t.settled();
  expect(failures).toEqual([]);
});

test('no listener is left on a signal, however the call ended', async () => {
  const t = await harness({ deliveryTimeoutMs: 60_000 });
  const { signal } = new AbortController();
  const call = (name: string, fields?: Partial<AgentSpanCreateParams>) =>
    t.client.agentSpans.create(span(name, fields), { signal });
  for (const name of ['refused', 'declined']) t.refuse(name);
  t.emulator.faults.poison(keyOf('poison'));
  const calls = [
    call('ok'),
    call('refused', { status: 'active' }),
    call('ok'),
    call('ok', { payload: { other: 1 } }),
    call('invalid', { schemaName: '' }),
  ];
  calls.push(call('dependent', { parentSpanId: calls[1] }));
  const packed = t.client.bulk.execute(
    { items: [{ _type: 'agents/list', idempotency_key: 'list-agents-01' }] },
    { signal },
  );
  await t.settled();
  const exhausted = call('poison');
  await t.settled();
  expect(await outcomes(...calls, packed, exhausted)).toEqual([
    'ok',
    'PrefactorValidationError',
    'ok',
    'PrefactorIdempotencyConflictError',
    'PrefactorInvalidArgumentError',
    'PrefactorDependencyError',
    'ok',
    'PrefactorRetryExhaustedError',
  ]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('one signal may end a thousand calls', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const controller = new AbortController();
  const calls = Array.from({ length: 1_000 }, () =>
    t.client.agentSpans.create(
      { agentInstanceId: INSTANCE, schemaName: 'agent:llm', status: 'active' },
      { signal: controller.signal },
    ),
  );
  await t.pass(5);
  controller.abort('enough');
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['enough']));
  await t.settled();
  expect(t.batches()).toHaveLength(1);
  expect(t.client.stats().ledger).toMatchObject({ cancelled: 1_000 });
});

test('a signal that many calls share is listened to once, since each further one costs a walk', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const { signal } = new AbortController();
  const calls = Array.from({ length: 500 }, (_, index) =>
    t.client.agentSpans.create(span(`${index}`), { signal }),
  );
  // EventTarget walks all listeners for each that is added: with 40,000 that takes seconds.
  const listeners = getEventListeners(signal, 'abort').length;
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(listeners).toBe(1);
});

test.each([
  ['as it is', {}],
  [
    'that hands all on',
    { get: (signal: AbortSignal, name: string) => Reflect.get(signal, name, signal) },
  ],
])('a Proxy around a signal works, where it can be read: %s', async (_, handler) => {
  const t = await harness();
  const controller = new AbortController();
  const call = t.client.agentSpans.create(span('a'), {
    signal: new Proxy(controller.signal, handler as ProxyHandler<AbortSignal>),
  });
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await failureOf(call)).toBe(reason);
  await t.settled();
  expect(t.sent).toEqual([]);
});
