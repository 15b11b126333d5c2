// What a client tells and counts.
import { describe, expect, test } from 'vitest';
import type { AutobatchEvents } from '../../src/index.ts';
import { PrefactorInvalidArgumentError, PrefactorValidationError } from '../../src/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { expectBalanced, harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const names = ['dispatch', 'response', 'requeue', 'retry', 'failure', 'idle'] as const;

/** All events, in their order. */
function listen({ client }: Harness): [string, unknown][] {
  const seen: [string, unknown][] = [];
  for (const name of names) client.on(name, (detail) => void seen.push([name, detail]));
  return seen;
}

test('the story of a batch with one bad item', async () => {
  const t = await harness();
  const seen = listen(t);
  t.refuse('a');
  const [a] = t.spans('a', 'b');
  await t.settled();
  const [first, second] = t.emulator.report().batches;
  const [keys, outcomes] = [expect.any(Function), expect.any(Function)];
  const answered = { status: 200, durationMs: 20, unasked: 0, cause: undefined, outcomes };
  expect(seen).toEqual([
    ['dispatch', { number: 1, items: 2, bytes: first?.bytes, reason: 'idle', keys }],
    ['requeue', { key: keyOf('b'), type: 'agent_spans/create', becauseOf: keyOf('a') }],
    ['response', { ...answered, number: 1, succeeded: 0, failed: 1, returned: 1 }],
    ['dispatch', { number: 2, items: 1, bytes: second?.bytes, reason: 'requeue', keys }],
    [
      'failure',
      { key: keyOf('a'), type: 'agent_spans/create', error: expect.any(PrefactorValidationError) },
    ],
    ['response', { ...answered, number: 2, succeeded: 1, failed: 0, returned: 0 }],
    ['idle', {}],
  ]);
  const failure = seen[4]?.[1] as AutobatchEvents['failure'];
  expect(failure.error).toBe(await failureOf(a));
});

test('a dispatch lists the keys of its items when it is asked for them, and its response has its number', async () => {
  const t = await harness({ batch: { maxItems: 2 } });
  const left: [number, readonly string[]][] = [];
  const back: number[] = [];
  t.client.on('dispatch', ({ number, keys }) => void left.push([number, keys()]));
  t.client.on('response', ({ number }) => void back.push(number));
  t.spans('a', 'b', 'c');
  const packed = { _type: 'agents/list', idempotency_key: 'packed-by-me' };
  void t.client.bulk.execute({ items: [packed] });
  await t.settled();
  expect(left).toEqual([
    [1, [keyOf('a'), keyOf('b')]],
    [2, ['packed-by-me']],
    [3, [keyOf('c')]],
  ]);
  expect(back).toEqual([1, 2, 3]);
});

test.each<[AutobatchEvents['dispatch']['reason'], (t: Harness) => Promise<void>]>([
  [
    'full',
    async (t) => {
      void t.spans('a', 'b', 'c');
    },
  ],
  [
    'aged',
    async (t) => {
      void t.span('a');
      await t.settle();
      void t.span('b');
      await t.pass(15);
    },
  ],
  [
    'flush',
    async (t) => {
      void t.span('a');
      await t.settle();
      void t.span('b');
      void t.client.flush();
    },
  ],
  [
    'close',
    async (t) => {
      void t.span('a');
      await t.settle();
      void t.span('b');
      void t.client.close();
    },
  ],
  [
    'probe',
    async (t) => {
      t.emulator.faults.next({ kind: 'dropBefore' });
      void t.span('a');
    },
  ],
])('a request that leaves says why: %s', async (reason, story) => {
  const t = await harness({ batch: { maxItems: 3, maxWaitMs: 15 } });
  const reasons: string[] = [];
  t.client.on('dispatch', (detail) => reasons.push(detail.reason));
  await story(t);
  await t.settled();
  expect(reasons).toContain(reason);
});

test('every failed call fires failure once, whatever became of it', async () => {
  const t = await harness({ onSkipped: 'reject' });
  const failed: unknown[] = [];
  t.client.on('failure', ({ key }) => void failed.push(key));
  t.refuse('root');
  const root = t.span('root', { status: 'active' });
  void t.span('child', { parentSpanId: root });
  void t.span('skipped');
  void t.span('invalid', { schemaName: '' });
  void t.span('root', { payload: { other: 1 } });
  await t.settled();
  expect(failed.toSorted()).toEqual(
    ['child', 'invalid', 'root', 'root', 'skipped'].map((name) => keyOf(name)),
  );
});

test('the books are balanced whenever a listener looks', async () => {
  const t = await harness({ batch: { maxItems: 4 } });
  let looks = 0;
  for (const name of names) {
    t.client.on(name, () => {
      looks++;
      expectBalanced(t.client.stats().ledger);
    });
  }
  t.refuse('b');
  t.emulator.faults.next({ kind: 'dropAfter' });
  const root = t.span('a', { status: 'active' });
  void t.spans('b', 'c', 'd', 'e', 'f');
  void t.span('g', { parentSpanId: root });
  await t.settled();
  expect(looks).toBeGreaterThan(10);
  expect(t.log.entries.filter(([level]) => level === 'warn' || level === 'error')).toEqual([]);
});

describe('a listener', () => {
  test('that throws or rejects harms nobody', async () => {
    const t = await harness();
    const seen: string[] = [];
    for (const name of names) {
      t.client.on(name, () => {
        throw new Error('of the listener');
      });
      t.client.on(name, async () => {
        throw new Error('of the listener, later');
      });
      t.client.on(name, () => seen.push(name));
    }
    t.refuse('a');
    const [a, b] = t.spans('a', 'b');
    await t.settled();
    expect(await outcomes(a, b)).toEqual(['PrefactorValidationError', 'ok']);
    expect(new Set(seen)).toEqual(new Set(['dispatch', 'response', 'requeue', 'failure', 'idle']));
  });

  test('may be removed, also from within itself, and one function may listen twice', async () => {
    const t = await harness();
    let heard = 0;
    const listener = (): void => {
      heard++;
    };
    const removeFirst = t.client.on('idle', listener);
    t.client.on('idle', listener);
    const removeOnce = t.client.on('idle', () => {
      heard += 10;
      removeOnce();
    });
    void t.span('a');
    await t.settled();
    expect(heard).toBe(12);
    removeFirst();
    removeFirst();
    void t.span('b');
    await t.settled();
    expect(heard).toBe(13);
  });

  test('may call, flush and close', async () => {
    const t = await harness();
    const calls: Promise<unknown>[] = [];
    const remove = t.client.on('response', () => {
      remove();
      calls.push(t.span('from-listener'), t.client.flush());
    });
    t.client.on('idle', () => {
      calls.push(t.client.close());
    });
    void t.span('a');
    await t.settled();
    expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
    expect(t.batches()).toEqual([['a'], ['from-listener']]);
  });
});

test('stats tell the queue at this moment', async () => {
  const t = await harness({ batch: { maxItems: 2, concurrency: 1 } });
  const root = t.span('root', { status: 'active' });
  void t.spans('a', 'b', 'c');
  const end = t.client.agentSpans.finish(root);
  void t.client.agentSpans.finish(root, { idempotencyKey: keyOf('twice') });
  await t.pass(7);
  expect(t.client.stats()).toMatchObject({
    queued: 4,
    inFlight: 2,
    blocked: 2,
    concurrency: 1,
    oldestMs: 7,
    requests: 1,
    items: 2,
    meanBatchSize: 2,
    requeued: 0,
    retried: 0,
    ledger: { accepted: 6, pending: 6 },
  });
  const { queuedBytes } = t.client.stats();
  expect(queuedBytes).toBeGreaterThan(t.client.stats().bytes);
  await t.settled();
  expect(await outcomes(end)).toEqual(['ok']);
  const { batches } = t.emulator.report();
  expect(t.client.stats()).toMatchObject({
    requests: batches.length,
    items: 6,
    bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestMs: 0,
  });
});

describe('what is refused at once, since nobody would ever hear of it', () => {
  test.each([
    [
      'failures',
      'event must be the name of an event, but it is "failures"; the nearest is \'failure\'',
    ],
    ['Idle', 'event must be the name of an event, but it is "Idle"; the nearest is \'idle\''],
    ['toString', 'event must be the name of an event, but it is "toString"'],
    [7, 'event must be the name of an event, but it is 7'],
    [undefined, 'event must be the name of an event, but it is undefined'],
  ])('the event %j', async (name, complaint) => {
    const { client } = await harness();
    expect(() => client.on(name as never, () => {})).toThrow(PrefactorInvalidArgumentError);
    expect(() => client.on(name as never, () => {})).toThrow(`Invalid call of on: ${complaint}`);
  });

  test.each([undefined, null, 'log', { handleEvent() {} }])('the listener %j', async (listener) => {
    const { client } = await harness();
    expect(() => client.on('failure', listener as never)).toThrow(
      'Invalid call of on: listener must be a function, but it is',
    );
  });

  test('every event that there is may be listened to', async () => {
    const { client } = await harness();
    for (const name of [...names, 'pause', 'terminate'] as const) client.on(name, () => {})();
  });
});
