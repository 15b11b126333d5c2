// Keys, and calls that share one.
import { describe, expect, test } from 'vitest';
import {
  PrefactorIdempotencyConflictError,
  PrefactorInvalidArgumentError,
} from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

test('a key is made where the caller gives none, and no two are alike', async () => {
  const t = await harness();
  const calls = Array.from({ length: 50 }, () =>
    t.client.agentSpans.create({ ...span(''), idempotencyKey: undefined }),
  );
  await t.settled();
  const keys = calls.map(({ idempotencyKey }) => idempotencyKey);
  expect(new Set(keys).size).toBe(50);
  expect(t.actions().map(({ idempotency_key }) => idempotency_key)).toEqual(keys);
});

test('two calls of one key that ask for the same are one item, and both are answered', async () => {
  const t = await harness();
  const [one, other] = [t.span('a', { payload: { n: 1 } }), t.span('a', { payload: { n: 1 } })];
  await t.settled();
  expect(t.batches()).toEqual([['a']]);
  expect(await one).toEqual(await other);
  expect(await one).not.toBe(await other);
  expect((await one).id).toBe(one.id);
  expect(other.id).toBe(one.id);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 2, succeeded: 2 });
});

test('also when the first of them is in flight', async () => {
  const t = await harness();
  const one = t.span('a');
  await t.pass(5);
  const other = t.span('a');
  await t.settled();
  expect(t.batches()).toEqual([['a']]);
  expect(await one).toEqual(await other);
});

test('also when the first caller has aborted, and the item is in flight', async () => {
  const t = await harness();
  const abort = new AbortController();
  const one = t.client.agentSpans.create(span('a'), { signal: abort.signal });
  await t.pass(5);
  abort.abort('enough');
  const other = t.span('a');
  await t.settled();
  expect(await outcomes(one, other)).toEqual(['enough', 'ok']);
  expect(t.batches()).toEqual([['a']]);
});

test.each(['client', 'server'] as const)(
  'both are references to the one thing that is made (ids: %s)',
  async (ids) => {
    const t = await harness({ ids });
    const [one, other] = [t.span('a', { status: 'active' }), t.span('a', { status: 'active' })];
    const child = t.span('child', { parentSpanId: other });
    const end = t.client.agentSpans.finish(one);
    await t.settled();
    expect(await outcomes(one, other, child, end)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect((await child).parentSpanId).toBe((await one).id);
  },
);

describe.each(['client', 'server'] as const)(
  'user code that repeats the call while it is made (ids: %s)',
  (ids) => {
    const places = ['the hook', 'toJSON', 'a signal'] as const;
    test.each(places)('%s: both are references to the one thing', async (place) => {
      let repeat = (): void => {};
      const meddle = (): void => {
        const once = repeat;
        repeat = () => {};
        once();
      };
      const t = await harness({
        ids,
        beforeEnqueue: (action) => {
          if (place === 'the hook') meddle();
          return action;
        },
      });
      const payload = {
        toJSON: () => {
          if (place === 'toJSON') meddle();
          return { n: 1 };
        },
      };
      const { signal } = new AbortController();
      const duck = Object.create(signal, {
        aborted: { value: false },
        addEventListener: { value: () => place === 'a signal' && meddle() },
        removeEventListener: { value: () => {} },
      });
      const make = () =>
        t.client.agentSpans.create(
          { ...span('a', { status: 'active', payload }) },
          { signal: duck },
        );
      const inner: ReturnType<typeof make>[] = [];
      repeat = () => inner.push(make());
      const outer = make();
      const child = t.span('child', { parentSpanId: outer });
      const end = t.client.agentSpans.finish(outer);
      await t.settled();
      expect(inner).toHaveLength(1);
      expect(await outcomes(...inner, outer, child, end)).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect((await child).parentSpanId).toBe((await outer).id);
      expect(
        t.actions().filter(({ idempotency_key }) => idempotency_key === keyOf('a')),
      ).toHaveLength(1);
    });
  },
);

test('one of them may be aborted, and the other gets its result', async () => {
  const t = await harness();
  const abort = new AbortController();
  const one = t.client.agentSpans.create(span('a'), { signal: abort.signal });
  const other = t.span('a');
  abort.abort('enough');
  await t.settled();
  expect(await outcomes(one, other)).toEqual(['enough', 'ok']);
});

describe('a pending key for something else', () => {
  test.each([
    ['another payload', { payload: { n: 2 } }],
    ['another status', { status: 'failed' }],
    ['another time', { startedAt: '2026-09-01T00:00:00Z' }],
    ['another parent', { parentSpanId: '01k3zxw0000000a1b2c300000000000b' }],
  ] as const)('%s is a conflict', async (_, fields) => {
    const t = await harness();
    const one = t.span('a', { payload: { n: 1 } });
    const other = t.span('a', { payload: { n: 1 }, ...fields });
    await t.settled();
    expect(await outcomes(one)).toEqual(['ok']);
    const error = await failureOf(other);
    expect(error).toBeInstanceOf(PrefactorIdempotencyConflictError);
    expect(error).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      idempotencyKey: keyOf('a'),
      maybeApplied: false,
      message: expect.stringContaining('Use a key of its own for each call'),
    });
    expect(t.client.stats().ledger).toMatchObject({ accepted: 1, declined: 1 });
  });

  test('another kind of call is a conflict too', async () => {
    const t = await harness();
    const one = t.span('a', { status: 'active' });
    const other = t.client.agentSpans.finish(one, { idempotencyKey: keyOf('a') });
    await t.settled();
    expect(await outcomes(one, other)).toEqual(['ok', 'PrefactorIdempotencyConflictError']);
  });
});

test('a key that has settled may be sent again, and the server answers as before', async () => {
  const t = await harness();
  const fields = { id: '01k3zxw0000000a1b2c300000000000c', startedAt: '2026-09-01T00:00:00Z' };
  const one = t.span('a', { ...fields, finishedAt: '2026-09-01T00:00:01Z' });
  await t.settled();
  const again = t.span('a', { ...fields, finishedAt: '2026-09-01T00:00:01Z' });
  await t.settled();
  expect(await again).toEqual(await one);
  expect(t.emulator.report().replays).toBe(1);
});

test.each([
  ['too short', 'short'],
  ['too long', 'x'.repeat(65)],
  ['no string', 12_345_678],
])('a key that is %s is refused at the call', async (_, idempotencyKey) => {
  const t = await harness();
  const a = t.span('a', { idempotencyKey: idempotencyKey as string });
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
  expect(error).toMatchObject({ issues: [{ path: 'idempotencyKey' }] });
});

test.each(['x'.repeat(8), 'x'.repeat(64), '🍵'.repeat(8), '__proto__', 'constructor', '12345678'])(
  'the key %s is as good as any',
  async (idempotencyKey) => {
    const t = await harness();
    const a = t.span('a', { idempotencyKey });
    const b = t.span('b');
    await t.settled();
    expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  },
);

test('one key in two clients is no matter between them', async () => {
  const t = await harness();
  const other = t.newClient();
  const time = '2026-09-01T00:00:00Z';
  const id = '01k3zxw0000000a1b2c300000000000c';
  const fields = { id, startedAt: time, finishedAt: time };
  const a = t.span('a', fields);
  await t.settled();
  const b = other.agentSpans.create(span('a', fields));
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  expect(t.emulator.report().effects.get(keyOf('a'))).toBe(1);
  expect((await a).agentInstanceId).toBe(INSTANCE);
});
