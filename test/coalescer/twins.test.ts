// A second call that makes what another call has made, may have made, or is about to make.
import { describe, expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, reasonOf } from '../helpers/engine.ts';
import { no, ok } from '../helpers/scripted-send.ts';
import { countSteps } from '../helpers/steps.ts';

/** How a second call that makes `r` may end without making it; each returns when it has ended. */
const ways: Readonly<Record<string, (t: EngineUnderTest) => Promise<unknown>>> = {
  'is never accepted': (t) =>
    t.engine.decline(new Error('invalid'), { key: 'again', type: 'test', makes: 'r' }),
  'is declined by a full queue': (t) => t.call('again', { makes: 'r', bytes: 64_000_001 }),
  'is aborted before it was sent': (t) => {
    const abort = new AbortController();
    const again = t.call('again', { makes: 'r', signal: abort.signal });
    abort.abort('enough');
    return again;
  },
  'lacks what it needs itself': async (t) => {
    void t.engine.decline(new Error('invalid'), { key: 'p', type: 'test', makes: 'parent' });
    return t.call('again', { makes: 'r', uses: ['parent'] });
  },
};

/** The same of those that end by what the server says. */
const answers: Readonly<Record<string, (t: EngineUnderTest) => void>> = {
  'is refused': (t) => t.wire.parked.at(-1)?.stopAt('again', 'bad'),
  'is refused for a state': (t) =>
    t.wire.parked.at(-1)?.answer({ again: no('invalid_action', 'state') }),
  'is refused as a whole request': (t) => t.wire.parked.at(-1)?.refuse(),
  'ends in doubt': (t) => t.wire.parked.at(-1)?.answer({ again: 'nonsense' }),
};

async function rejected(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toBeDefined();
}

/** A child and a change of `r`, called now: whether the server gets them. */
async function goOut(t: EngineUnderTest): Promise<void> {
  const calls = [t.call('child', { uses: ['r'] }), t.call('finish', { changes: 'r' })];
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  expect(t.wire.batches.flat()).toEqual(expect.arrayContaining(['child', 'finish']));
  t.expectIdle();
}

describe('what this client has seen made is not made to fail by a second call that', () => {
  test.each(Object.entries(ways))('%s', async (_, second) => {
    const t = engineUnderTest();
    void t.call('first', { makes: 'r' });
    await t.answerAll();
    await rejected(second(t));
    await goOut(t);
  });

  test.each(Object.entries(answers))('%s, nor are those who wait behind it', async (_, answer) => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('first', { makes: 'r' });
    await t.answerAll();
    const again = t.call('again', { makes: 'r' });
    const waiting = t.call('waiting', { uses: ['r'] });
    await t.clock.settle();
    answer(t);
    await rejected(again);
    await t.answerAll();
    expect(await endsOf(waiting)).toEqual(['ok']);
    await goOut(t);
  });

  test('is skipped for good behind another failure', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    void t.call('first', { makes: 'r' });
    await t.answerAll();
    const calls = [t.call('bad'), t.call('again', { makes: 'r' })];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('bad');
    expect(await endsOf(...calls)).toEqual(['error', 'skipped']);
    await goOut(t);
  });

  test('names the id that only the answer to the first has told', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('first', { makes: run });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ first: ok('r') });
    await t.clock.settle();
    await rejected(ways['is aborted before it was sent']?.(t) as Promise<unknown>);
    const byReference = t.call('by reference', { uses: [run] });
    await goOut(t);
    expect(await endsOf(byReference)).toEqual(['ok']);
  });

  test('was called when the first had failed before it succeeded', async () => {
    const t = engineUnderTest();
    void t.call('failed', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('failed');
    await t.clock.settle();
    void t.call('first', { makes: 'r' });
    await t.answerAll();
    await rejected(ways['is never accepted']?.(t) as Promise<unknown>);
    await goOut(t);
  });
});

describe('what is about to be made is not made to fail by a second call that', () => {
  test.each(Object.entries(ways))('%s', async (_, second) => {
    const t = engineUnderTest({ maxItems: 1 });
    const first = t.call('first', { makes: 'r' });
    await t.clock.settle();
    await rejected(second(t));
    await goOut(t);
    expect(await endsOf(first)).toEqual(['ok']);
  });

  test('is aborted with others waiting behind it: they hang on the first', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    const first = t.call('first', { makes: 'r' });
    const again = t.call('again', { makes: 'r', signal: abort.signal });
    const child = t.call('child', { uses: ['r'] });
    await t.clock.settle();
    abort.abort('enough');
    await t.clock.settle();
    expect(t.engine.isPending('child')).toBe(true);
    t.wire.parked[0]?.stopAt('first', 'bad');
    expect(await endsOf(first, again, child)).toEqual(['error', 'aborted', 'dependency']);
    expect(await reasonOf(child)).toMatchObject({ because: { key: 'first' } });
    expect(t.wire.batches).toEqual([['first']]);
    t.expectIdle();
  });

  test('rides in the same request, and is refused there', async () => {
    const t = engineUnderTest();
    const calls = [
      t.call('first', { makes: 'r' }),
      t.call('again', { makes: 'r' }),
      t.call('child', { uses: ['r'] }),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('again');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'error', 'ok']);
    await goOut(t);
  });

  test('is skipped, with a third, while the first goes back for another attempt', async () => {
    const t = engineUnderTest({ onSkipped: 'reject', maxItems: 3 });
    const calls = [
      t.call('first', { makes: 'r' }),
      t.call('second', { makes: 'r' }),
      t.call('third', { makes: 'r' }),
      t.call('child', { uses: ['r'] }),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ first: no('busy'), second: undefined, third: undefined });
    await t.clock.pass(1_000);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'skipped', 'skipped', 'ok']);
    t.expectIdle();
  });
});

describe('what may have been made is not made to fail by a second call that', () => {
  async function inDoubt(): Promise<EngineUnderTest> {
    const t = engineUnderTest({ maxItems: 1, retry: { limit: 1 } });
    const first = t.call('first', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ first: undefined });
    expect(await endsOf(first)).toEqual(['contract']);
    return t;
  }

  test.each(Object.entries(ways))('%s', async (_, second) => {
    const t = await inDoubt();
    await rejected(second(t));
    await goOut(t);
  });

  test.each(Object.entries(answers))('%s', async (_, answer) => {
    const t = await inDoubt();
    const again = t.call('again', { makes: 'r' });
    const waiting = t.call('waiting', { uses: ['r'] });
    await t.clock.settle();
    answer(t);
    await rejected(again);
    await t.answerAll();
    expect(await endsOf(waiting)).toEqual(['ok']);
    await goOut(t);
  });
});

describe('what the server says is there already', () => {
  test('is not made to fail by a later call that is never accepted', async () => {
    const t = engineUnderTest();
    const first = t.call('first', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ first: no('taken', 'exists') });
    expect(await endsOf(first)).toEqual(['error']);
    await rejected(ways['is never accepted']?.(t) as Promise<unknown>);
    await goOut(t);
  });
});

test('a failure is known until the thing was made: also of two calls that both fail', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  const calls = [t.call('first', { makes: 'r' }), t.call('again', { makes: 'r' })];
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('first');
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('again');
  expect(await endsOf(...calls, t.call('child', { uses: ['r'] }))).toEqual([
    'error',
    'error',
    'dependency',
  ]);
  t.expectIdle();
});

test('what was made under another id is known by that, whatever becomes of a second call', async () => {
  const t = engineUnderTest();
  void t.call('first', { makes: 'ours' });
  await t.clock.settle();
  t.wire.parked[0]?.answer({ first: ok('theirs') });
  await t.clock.settle();
  const abort = new AbortController();
  const again = t.call('again', { makes: 'ours', signal: abort.signal });
  expect(t.engine.idOf('ours')).toBe('theirs');
  abort.abort('enough');
  await rejected(again);
  expect(t.engine.idOf('ours')).toBe('theirs');
  const child = t.call('child', { uses: [t.engine.idOf('ours')] });
  await t.answerAll();
  expect(await endsOf(child)).toEqual(['ok']);
  t.expectIdle();
});

test('at least the last 10,000 are known to be there, and not all', async () => {
  const t = engineUnderTest({ maxItems: 30_002 });
  for (let n = 0; n < 30_002; n++) void t.call(`k${n}`, { makes: `r${n}` });
  await t.answerAll();
  const again = (makes: string) =>
    t.engine.decline(new Error('no'), { key: undefined, type: 'test', makes });
  await rejected(again('r20002'));
  await rejected(again('r0'));
  const calls = [t.call('a', { uses: ['r20002'] }), t.call('b', { uses: ['r0'] })];
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'dependency']);
  t.expectIdle();
});

test('what is there can be asked for: made, in doubt, or about to be made', async () => {
  const t = engineUnderTest({ maxItems: 1, retry: { limit: 1 } });
  expect(t.engine.isThere('r')).toBe(false);
  void t.call('first', { makes: 'r' });
  void t.call('doubtful', { makes: 'd' });
  expect([t.engine.isThere('r'), t.engine.isThere('d')]).toEqual([true, true]);
  await t.clock.settle();
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  t.wire.parked[0]?.answer({ doubtful: undefined });
  await t.clock.settle();
  expect([t.engine.isThere('r'), t.engine.isThere('d')]).toEqual([true, true]);
  void t.call('refused', { makes: 'f' });
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('refused');
  await t.clock.settle();
  expect(t.engine.isThere('f')).toBe(false);
  t.expectIdle();
});

test('10,000 calls that make the same cost no more, each, when they end at once', async () => {
  const t = engineUnderTest({ maxItems: 10_000 });
  const calls = Array.from({ length: 10_000 }, (_, n) => t.call(`k${n}`, { makes: 'r' }));
  await t.clock.settle();
  const steps = countSteps();
  t.wire.parked[0]?.refuse();
  expect(new Set(await endsOf(...calls))).toEqual(new Set(['refused']));
  expect(steps()).toBeLessThan(150 * calls.length);
  t.expectIdle();
});
