// No call throws, also where a method is handed on without its object.
import { expect, test, vi } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, span } from '../helpers/spans.ts';

test('methods work alone', async () => {
  const t = await harness();
  const { submit, flush, close, ready, stats, on } = t.client;
  const { register, start, finish, recordQuality } = t.client.agentInstances;
  const { create, finish: finishSpan } = t.client.agentSpans;
  const { execute } = t.client.bulk;
  const told = vi.fn();
  on('idle', told);
  await ready();
  const run = register({ id: '01k3zxw0000000a1b2c3000000000002' });
  const root = create(span('a', { status: 'active' }));
  const calls = [
    run,
    start(run),
    root,
    finishSpan(root),
    recordQuality(INSTANCE, { name: 'tone', payload: {} }),
    finish(run),
    submit({ _type: 'agents/list' }),
    execute({ items: [{ _type: 'agents/list', idempotency_key: 'list-agents' }] }),
    flush(),
  ];
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(told).toHaveBeenCalled();
  expect(stats().ledger).toMatchObject({ succeeded: 7, pending: 0 });
  await close();
});

test('handed to whoever calls it with words of its own, close takes its time, and loses nothing', async () => {
  const t = await harness();
  const call = t.span('a');
  const closed = [['SIGTERM', 15]].map((words) => Reflect.apply(t.client.close, undefined, words));
  await t.settled();
  expect(await closed[0]).toMatchObject({ succeeded: 1, pending: 0 });
  expect(await outcomes(call)).toEqual(['ok']);
});

test('a subclass may put its own in their place, and nothing is added to what is listed', async () => {
  class Quiet extends AutobatchClient {
    override close() {
      return super.close({ timeoutMs: 0 });
    }
  }
  const client = new Quiet({ apiToken: 'test-token', disabled: true });
  const { close } = client;
  expect(Object.keys(client)).toEqual(['agentInstances', 'agentSpans', 'bulk']);
  expect(Object.keys(client.agentSpans)).toEqual([]);
  const closing = vi.spyOn(AutobatchClient.prototype, 'close');
  await close();
  expect(closing).toHaveBeenCalledWith({ timeoutMs: 0 });
  closing.mockRestore();
});
