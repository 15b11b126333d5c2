// A server that wishes for a longer pause than it may ask for.
import { describe, expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';
import type { ParkedRequest } from '../helpers/scripted-send.ts';

/** Lets time pass; each request is answered so, at once. Returns after how many ms each left. */
async function sentWithin(
  t: EngineUnderTest,
  ms: number,
  answer: (request: ParkedRequest, number: number) => void,
): Promise<number[]> {
  const since = t.clock.now();
  const sent: number[] = [];
  while (t.clock.now() < since + ms) {
    await t.clock.pass(100);
    for (const request of [...t.wire.parked]) {
      sent.push(t.clock.now() - since);
      answer(request, sent.length);
    }
    await t.clock.settle();
  }
  return sent;
}

describe('is probed at the pace of the longest pause while its wish lasts', () => {
  test.each<[string, (request: ParkedRequest) => void]>([
    ['says so again', (request) => request.beBusy(3_600_000)],
    ['names a shorter time', (request) => request.beBusy(1_000)],
    ['names none any more', (request) => request.beBusy()],
    ['answers nothing', (request) => request.lose()],
    ['answers too late', (request) => request.lose('time-out', true)],
  ])('where it %s', async (_, answer) => {
    const t = engineUnderTest({ maxItems: 1, retry: { maxPauseMs: 60_000 } });
    for (const key of ['a', 'b', 'c']) void t.call(key);
    await t.clock.settle();
    t.wire.parked[0]?.beBusy(3_600_000);
    t.wire.parked[0]?.beBusy(3_600_000);
    t.wire.parked[0]?.beBusy(3_600_000);
    expect(await sentWithin(t, 270_000, answer)).toEqual([60_000, 120_000, 180_000, 240_000]);
    t.wire.parked[0]?.answer();
    await t.clock.pass(60_000);
    await t.answerAll();
    t.expectIdle();
  });

  test('where pings fail', async () => {
    const pings: number[] = [];
    const t = engineUnderTest(
      { deliveryTimeoutMs: Number.POSITIVE_INFINITY, retry: { maxPauseMs: 60_000 } },
      {
        ping: () => {
          pings.push(t.clock.now() - since);
          return Promise.resolve(pings.length > 3);
        },
      },
    );
    const call = t.call('a');
    await t.clock.settle();
    const since = t.clock.now();
    t.wire.parked[0]?.beBusy(3_600_000);
    const sent = await sentWithin(t, 590_000, (request, number) => {
      if (number <= 4) request.lose();
      else request.answer();
    });
    expect(pings).toEqual([300_000, 360_000, 420_000, 480_000]);
    expect(sent).toEqual([60_000, 120_000, 180_000, 240_000, 480_000]);
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });
});

test('is asked when its wish is over, should that be sooner', async () => {
  const t = engineUnderTest({ retry: { maxPauseMs: 60_000 } });
  const call = t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.beBusy(140_000);
  // A twentieth longer, by chance.
  const sent = await sentWithin(t, 160_000, (request, number) => {
    if (number < 3) request.beBusy();
    else request.answer();
  });
  expect(sent).toEqual([60_000, 120_000, 147_000]);
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});

test('is not believed to be free since it answers what left before the pause', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 8, retry: { maxPauseMs: 1_000 } });
  for (const key of 'abcdefgh') void t.call(key);
  await t.clock.pass(5);
  t.wire.parked[0]?.beBusy(86_400_000);
  await t.clock.pass(5);
  for (const request of t.wire.parked.slice(0, 3)) request.answer();
  for (const request of t.wire.parked.slice(0, 4)) request.beBusy(86_400_000);
  await t.clock.pass(1_000);
  expect(t.wire.parked).toHaveLength(1);
  await t.answerAll();
  t.expectIdle();
});

test('a back-off that nobody asked for is no longer than a pause, and needs no probe', async () => {
  const t = engineUnderTest({ maxItems: 1, retry: { minDelayMs: 60_000, maxPauseMs: 1_000 } });
  for (const key of 'abcd') void t.call(key);
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.beBusy();
  await t.clock.pass(999);
  expect(t.wire.parked).toHaveLength(0);
  await t.clock.pass(1);
  expect(t.wire.parked).toHaveLength(2);
  await t.answerAll();
  t.expectIdle();
});

test('sixteen refusals of one moment are one, and the back-off is that of a first', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  for (const n of Array(16).keys()) void t.call(`k${n}`);
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.beBusy();
  await t.clock.pass(140);
  expect(t.wire.parked).toHaveLength(8);
  await t.answerAll();
  t.expectIdle();
});
