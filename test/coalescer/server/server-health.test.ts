// What the engine knows of the server, and whom it tells.
import { expect, test } from 'vitest';
import type { EngineUnderTest } from '../../helpers/engine.ts';
import { engineUnderTest, reasonOf } from '../../helpers/engine.ts';
import { scriptedPing } from '../../helpers/scripted-send.ts';

/** Words for each failure, as a transport gives them. */
const describe = (failure: string) => ({
  cause: `met "${failure}"`,
  lasting: failure.startsWith('for ever'),
});

const server = (t: EngineUnderTest) => t.engine.stats().server;

/** Loses the next attempts. */
async function loseAttempts(t: EngineUnderTest, times: number, failure?: string): Promise<void> {
  for (let time = 0; time < times; time++) {
    while (t.wire.parked.length === 0) await t.clock.pass(50);
    t.wire.parked[0]?.lose(failure);
    await t.clock.settle();
  }
}

test('at first nothing is known; then it answers, from the first usable answer on', async () => {
  const t = engineUnderTest({}, { describe });
  expect(server(t)).toEqual({ state: 'unknown', since: undefined, cause: undefined });
  void t.call('a');
  await t.clock.pass(30);
  expect(server(t).state).toBe('unknown');
  await t.answerAll();
  const { since } = server(t);
  await t.clock.pass(500);
  void t.call('b');
  await t.answerAll();
  expect(server(t)).toEqual({ state: 'answering', since, cause: undefined });
});

test('it fails from the first attempt that brings nothing on, and the words outlast that', async () => {
  const t = engineUnderTest({}, { describe });
  void t.call('a');
  await t.clock.settle();
  await loseAttempts(t, 2, 'reset');
  expect(server(t)).toMatchObject({ state: 'failing', cause: 'met "reset"' });
  expect(t.events.outage).toEqual([]);
  await t.clock.pass(5_000);
  await t.answerAll();
  expect(server(t)).toMatchObject({ state: 'answering', cause: 'met "reset"' });
  expect(t.events.recovery).toEqual([]);
  t.expectIdle();
});

test('the third failed attempt in a row is told, once, and so is the first answer after it', async () => {
  const t = engineUnderTest({ maxItems: 2 }, { describe });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  await t.clock.settle();
  // They are in flight together, so they count as one.
  expect(t.wire.parked).toHaveLength(1);
  await loseAttempts(t, 2, 'reset');
  expect(t.events.outage).toEqual([]);
  await loseAttempts(t, 4, 'cut off');
  expect(t.events.outage).toEqual([{ cause: 'met "cut off"', waiting: 3 }]);
  await t.clock.pass(5_000);
  await t.answerAll();
  expect(t.events.outage).toHaveLength(1);
  expect(t.events.recovery).toEqual([{ durationMs: expect.any(Number) }]);
  await loseOneCall(t, 'd');
  expect([t.events.outage.length, t.events.recovery.length]).toEqual([2, 2]);
  t.expectIdle();
});

/** One more outage, from beginning to end. */
async function loseOneCall(t: EngineUnderTest, key: string): Promise<void> {
  void t.call(key);
  await t.clock.settle();
  await loseAttempts(t, 3);
  await t.clock.pass(5_000);
  await t.answerAll();
}

test('requests that are lost together are one failed attempt', async () => {
  const t = engineUnderTest({ maxItems: 1 }, { describe });
  for (const key of ['a', 'b', 'c', 'd', 'e']) void t.call(key);
  await t.clock.settle();
  expect(t.wire.parked).toHaveLength(5);
  for (const request of [...t.wire.parked]) request.lose();
  await t.clock.settle();
  expect(t.events.outage).toEqual([]);
  await t.clock.pass(5_000);
  await t.answerAll();
  t.expectIdle();
});

test('a loss while others are answered is no failing of the server', async () => {
  const t = engineUnderTest({ maxItems: 1 }, { describe });
  for (const key of ['a', 'b']) void t.call(key);
  await t.clock.settle();
  const [a, b] = [...t.wire.parked];
  b?.answer();
  await t.clock.settle();
  a?.lose('for ever');
  await t.clock.settle();
  expect(server(t)).toMatchObject({ state: 'answering', cause: 'met "for ever"' });
  expect(t.events.outage).toEqual([]);
  await t.clock.pass(5_000);
  await t.answerAll();
});

test('what repetition will hardly mend is told at once', async () => {
  const t = engineUnderTest({}, { describe });
  void t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.neverLeave('for ever shut');
  await t.clock.settle();
  expect(t.events.outage).toEqual([{ cause: 'met "for ever shut"', waiting: 1 }]);
  await t.clock.pass(5_000);
  await t.answerAll();
  expect(t.events.recovery).toHaveLength(1);
});

test('a ping that fails counts, and says why', async () => {
  const ping = scriptedPing();
  const t = engineUnderTest({}, { describe, ping: ping.ping });
  void t.call('a');
  await t.clock.settle();
  await loseAttempts(t, 4);
  while (ping.parked.length === 0) await t.clock.pass(50);
  ping.parked[0]?.({ failure: 'no such name' });
  await t.clock.settle();
  expect(server(t).cause).toBe('met "no such name"');
  while (ping.parked.length === 0) await t.clock.pass(50);
  ping.parked[0]?.(false);
  await t.clock.settle();
  expect(server(t)).toMatchObject({ state: 'failing', cause: 'met "no such name"' });
  while (ping.parked.length === 0) await t.clock.pass(50);
  ping.parked[0]?.(true);
  await t.answerAll();
  expect([t.events.outage.length, t.events.recovery.length]).toEqual([1, 1]);
  t.expectIdle();
});

test('a server that wants to be left alone pauses, until its time is over', async () => {
  const t = engineUnderTest({}, { describe });
  void t.call('a');
  await t.clock.pass(10);
  t.wire.parked[0]?.beBusy(1_000);
  await t.clock.settle();
  const pausing = server(t);
  expect(pausing).toEqual({ state: 'pausing', since: expect.any(Date), cause: 'met "slow down"' });
  await t.clock.pass(900);
  expect(server(t).state).toBe('pausing');
  await t.clock.pass(200);
  expect(server(t)).toMatchObject({ state: 'answering', cause: 'met "slow down"' });
  await t.answerAll();
  expect(t.events.outage).toEqual([]);
});

test('one that says so three times, and may have done the work, brings nothing usable', async () => {
  const t = engineUnderTest({}, { describe });
  void t.call('a');
  await t.clock.settle();
  for (const _ of [1, 2, 3]) {
    while (t.wire.parked.length === 0) await t.clock.pass(500);
    t.wire.parked[0]?.beBusy(1_000, true);
    await t.clock.settle();
    expect(server(t).state).toBe('pausing');
  }
  expect(t.events.outage).toEqual([{ cause: 'met "slow down"', waiting: 1 }]);
  await t.clock.pass(2_000);
  expect(server(t).state).toBe('failing');
  await t.answerAll();
  expect(t.events.recovery).toHaveLength(1);
});

test('a refusal is an answer, and is in the words', async () => {
  const t = engineUnderTest({}, { describe });
  const a = t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.refuse('denied', undefined, 401);
  await t.clock.settle();
  expect(await reasonOf(a)).toMatchObject({ kind: 'refused' });
  expect(server(t)).toMatchObject({ state: 'answering', cause: 'met "denied"' });
});

test('who was never sent ends for what others met, be it by a close or by time', async () => {
  for (const ending of ['close', 'time'] as const) {
    const t = engineUnderTest({ maxItems: 1, deliveryTimeoutMs: 20_000 }, { describe });
    void t.call('a');
    await t.clock.settle();
    await loseAttempts(t, 3, 'reset');
    const late = t.call('late');
    if (ending === 'close') void t.engine.close({ timeoutMs: 10 });
    for (let waited = 0; waited < 300; waited++) {
      await t.clock.pass(100);
      for (const request of [...t.wire.parked]) request.lose('reset');
      await t.clock.settle();
    }
    expect(await reasonOf(late)).toMatchObject({
      kind: ending === 'close' ? 'closed' : 'exhausted',
      last: { kind: 'failure', failure: 'reset' },
      maybeApplied: false,
    });
  }
});

test.each(['close', 'time'])(
  'who ends by %s while its request is under way is told so',
  async (ending) => {
    const t = engineUnderTest({ deliveryTimeoutMs: 1_000 }, { describe });
    const call = t.call('a');
    await t.clock.settle();
    if (ending === 'close') void t.engine.close({ timeoutMs: 10 });
    await t.clock.pass(2_000);
    expect(await reasonOf(call)).toMatchObject({ last: { kind: 'silence' }, maybeApplied: true });
  },
);

test('who is declined since the queue is full of what waits is told why that waits', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } }, { describe });
  void t.call('a');
  await t.clock.settle();
  expect(await reasonOf(t.call('b'))).toMatchObject({ kind: 'full', last: undefined });
  t.wire.parked[0]?.lose('reset');
  await t.clock.settle();
  const last = { kind: 'failure', failure: 'reset' };
  expect(await reasonOf(t.call('c'))).toMatchObject({ kind: 'full', last });
  await t.clock.pass(500);
  await t.answerAll();
});

test('who is closed while the server answers has no such cause', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 1 }, { describe });
  void t.call('a');
  await t.answerAll();
  void t.call('b');
  const c = t.call('c');
  await t.clock.settle();
  void t.engine.close({ timeoutMs: 10 });
  await t.clock.pass(20);
  expect(await reasonOf(c)).toEqual({ kind: 'closed', last: undefined, maybeApplied: false });
});

test.each([
  [
    'that throws',
    () => {
      throw new Error('no words');
    },
  ],
  ['that is not there', undefined],
])('words %s are those of the engine', async (_, none) => {
  const t = engineUnderTest({}, { describe: none });
  void t.call('a');
  await t.clock.settle();
  await loseAttempts(t, 3);
  expect(t.events.outage).toEqual([{ cause: 'no usable answer', waiting: 1 }]);
  await t.clock.pass(5_000);
  await t.answerAll();
  t.expectIdle();
});
