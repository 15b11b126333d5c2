// What is not there: listeners, timers, state that two clients share.
import { expect, test, vi } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

test('a client that is made and left alone opens no connection and sets no timer', async () => {
  const t = await harness();
  for (const index of Array.from({ length: 100 }).keys()) {
    void t.newClient({ sdk: [`agent@${index}`] });
  }
  await t.settle();
  expect(t.timers).toBe(0);
  expect(t.sent).toEqual([]);
});

test('a client that is made draws nothing at random', async () => {
  vi.resetModules();
  const draw = vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
    throw new Error('Not where modules are loaded.');
  });
  const chance = vi.spyOn(Math, 'random');
  try {
    const modules = await import('../../src/index.ts');
    const client = new modules.AutobatchClient({ apiToken: TOKEN });
    client.on('failure', () => {});
    expect(client.stats().queued).toBe(0);
    expect(draw).not.toHaveBeenCalled();
    expect(chance).not.toHaveBeenCalled();
  } finally {
    vi.restoreAllMocks();
  }
});

test('it leaves no listener on the process, closed or not', async () => {
  const listeners = () =>
    Object.fromEntries(process.eventNames().map((name) => [name, process.listenerCount(name)]));
  const before = listeners();
  const t = await harness();
  void t.span('a');
  await t.settled();
  expect(listeners()).toEqual(before);
  const client = t.newClient({ exitSignals: ['SIGUSR2', 'SIGTERM'] });
  expect(process.listenerCount('SIGUSR2')).toBe(1);
  await client.close();
  expect(listeners()).toEqual(before);
});

test('two clients share nothing', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const other = t.newClient({ batch: { maxItems: 1 }, ids: 'server' });
  const failures: string[] = [];
  t.client.on('failure', () => failures.push('one'));
  other.on('failure', () => failures.push('other'));
  t.refuse('b');
  const id = '01k3zxw0000000a1b2c300000000000c';
  const [a, b] = [t.span('a'), t.span('b', { id, status: 'active' })];
  const c = other.agentSpans.create(span('c', { id, status: 'active' }));
  const d = other.agentSpans.create(span('d'));
  await t.settled();
  // That b failed is nothing that the other client knows of.
  const child = other.agentSpans.create(span('child', { parentSpanId: id }));
  await t.settled();
  expect(await outcomes(a, b, c, d, child)).toEqual([
    'ok',
    'PrefactorValidationError',
    'ok',
    'ok',
    'ok',
  ]);
  expect(failures).toEqual(['one']);
  expect(t.batches()).not.toContainEqual(expect.arrayContaining(['a', 'c']));
  expect(t.client.stats().ledger).toMatchObject({ accepted: 2, succeeded: 1, refused: 1 });
  expect(other.stats().ledger).toMatchObject({ accepted: 3, succeeded: 3 });
  await t.client.close();
  const late = other.agentSpans.create(span('late'));
  await t.settled();
  expect(await outcomes(late)).toEqual(['ok']);
});

test('nothing waits for a call that nobody awaits, and its failure raises nothing', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on('unhandledRejection', listener);
  const t = await harness({ deliveryTimeoutMs: 1_000, queue: { maxItems: 5 } });
  t.refuse('a');
  const root = t.span('a', { status: 'active' });
  void t.span('b', { parentSpanId: root });
  void t.span('c', { schemaName: '' });
  void t.spans('d', 'e', 'f', 'g', 'h');
  void t.client.agentSpans.create(span('i'), { signal: AbortSignal.abort('enough') });
  void t.client.submit({ _type: '' });
  void t.client.bulk.execute({ items: [] });
  await t.settled();
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  void t.span('j');
  void t.client.bulk.execute({ items: [{ _type: 'agents/list', idempotency_key: keyOf('list') }] });
  await t.settled();
  await t.client.close();
  void t.span('late');
  void t.client.ready();
  await t.settled();
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

test('awaiting a failed call rejects as usual, also long after', async () => {
  const t = await harness();
  t.refuse('a');
  const a = t.span('a');
  await t.settled();
  await expect(a).rejects.toThrow('key-of-a');
  await expect(a).rejects.toThrow('key-of-a');
});

test('a property of the name of every option is not read from the prototype', () => {
  const options = Object.create({ ids: 'nonsense' }) as object;
  expect(() => new AutobatchClient({ apiToken: TOKEN, ...options })).not.toThrow();
});

test('a result belongs to its caller: what one does to it, no other sees', async () => {
  const t = await harness();
  const [one, other] = [t.span('a', { payload: { n: 1 } }), t.span('a', { payload: { n: 1 } })];
  await t.settled();
  Object.assign(await one, { schemaName: 'changed' });
  expect(await other).toMatchObject({ schemaName: 'agent:llm', agentInstanceId: INSTANCE });
});
