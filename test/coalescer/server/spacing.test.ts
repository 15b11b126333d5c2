// No options and no answers lead to a busy loop.
import { describe, expect, test } from 'vitest';
import type { CoalescerOptions } from '../../../src/coalescer/index.ts';
import { leastBackoffMs } from '../../../src/coalescer/server/backoff.ts';
import { Spacing } from '../../../src/coalescer/server/pause-gate.ts';
import { engineUnderTest } from '../../helpers/engine.ts';
import type { ParkedRequest } from '../../helpers/scripted-send.ts';

const NOW = 1_234_567;

test('the first failure needs no pause, the second 10 ms, and each further one twice as many', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 8, 9, 10_000].map(leastBackoffMs);
  expect(pauses).toEqual([0, 0, 10, 20, 40, 80, 640, 1_000, 1_000]);
});

describe('between requests that bring nobody further', () => {
  test('the pauses grow, however the times are', () => {
    const spacing = new Spacing();
    const pauses = [1, 2, 3, 4].map(() => {
      spacing.noProgress(++spacing.sent, NOW);
      return spacing.opensAt - NOW;
    });
    expect(pauses).toEqual([0, 10, 20, 40]);
  });

  test('those that were under way together are one', () => {
    const spacing = new Spacing();
    const numbers = [++spacing.sent, ++spacing.sent, ++spacing.sent];
    expect(numbers.map((number) => spacing.noProgress(number, NOW))).toEqual([true, false, false]);
    expect(spacing.opensAt).toBe(NOW);
    spacing.noProgress(++spacing.sent, NOW);
    expect(spacing.opensAt).toBe(NOW + 10);
  });

  test('one that does begins them anew, at once', () => {
    const spacing = new Spacing();
    for (const _ of Array(9).keys()) spacing.noProgress(++spacing.sent, NOW);
    spacing.progress();
    expect(spacing.opensAt).toBeLessThan(NOW);
    spacing.noProgress(++spacing.sent, NOW);
    expect(spacing.opensAt).toBe(NOW);
  });
});

/** How a server answers. */
type Answer = (request: ParkedRequest, number: number) => void;

const asFastAsCanBe = { minDelayMs: 0, maxDelayMs: 0, limit: 1_000, maxPauseMs: 0 };

/** The first item gets a transient error, and the others are skipped. */
const stopAtTheFirst: Answer = (request) => request.stopAt(request.keys[0] ?? '', 'busy');
/** The answer has no output. */
const omitAll: Answer = (request) =>
  request.answer(Object.fromEntries(request.keys.map((key) => [key, undefined])));

describe('in a minute, few requests are sent to a server', () => {
  /** Lets a minute pass, with a server that answers at once. Returns how many requests it got. */
  async function requestsInAMinute(
    answer: Answer,
    settings: CoalescerOptions['retry'] & object,
    ports: Partial<CoalescerOptions<unknown, string>> = {},
  ): Promise<number> {
    const t = engineUnderTest({ concurrency: 4, retry: settings }, ports);
    for (const _ of Array(50).keys()) void t.call(`k${_}`);
    const end = t.clock.now() + 60_000;
    while (t.clock.now() < end) {
      await t.clock.settle();
      // Bounded, since no time would pass in a busy loop.
      for (let turn = 0; turn < 50 && t.wire.parked.length > 0; turn++) {
        for (const request of [...t.wire.parked]) answer(request, t.wire.requests.length);
        await t.clock.settle();
      }
      if (t.wire.requests.length > 1_000) break;
      await t.clock.pass(5);
    }
    void t.engine.close({ timeoutMs: 0 });
    await t.clock.pass(1);
    return t.wire.requests.length;
  }

  test.each<[string, Answer, CoalescerOptions['retry'] & object]>([
    ['that is busy, and names a tiny time', (request) => request.beBusy(0.0001), {}],
    ['that is busy, and names a time that is over', (request) => request.beBusy(0), asFastAsCanBe],
    ['that is busy, and names none', (request) => request.beBusy(), asFastAsCanBe],
    ['whose wish is cut to nothing', (request) => request.beBusy(60_000), asFastAsCanBe],
    ['that may have done it, and is busy', (request) => request.beBusy(0.01, true), asFastAsCanBe],
    ['that answers nothing', (request) => request.lose(), asFastAsCanBe],
    ['that answers too late', (request) => request.lose('time-out', true), asFastAsCanBe],
    [
      'that is busy and answers nothing by turns',
      (request, number) => (number % 2 === 0 ? request.beBusy(0.0001) : request.lose()),
      asFastAsCanBe,
    ],
    [
      'that leaves outputs out, and is busy, by turns',
      (request, number) => (number % 2 === 0 ? request.beBusy(0) : omitAll(request, number)),
      asFastAsCanBe,
    ],
    ['that leaves all outputs out', omitAll, asFastAsCanBe],
  ])('%s', async (_, answer, settings) => {
    // 7 while the pauses grow to a second, then one a second, some with several in flight.
    expect(await requestsInAMinute(answer, settings)).toBeLessThan(100);
  });

  test('that meets an error that may pass in every first item', async () => {
    // Each of 50 items is final after three attempts and five seconds, which is progress.
    expect(await requestsInAMinute(stopAtTheFirst, asFastAsCanBe)).toBeLessThan(50 * 4);
  });

  test('and few pings, where those fail', async () => {
    let pings = 0;
    const ping = (): Promise<boolean> => {
      pings++;
      return Promise.resolve(false);
    };
    const requests = await requestsInAMinute((request) => request.lose(), asFastAsCanBe, { ping });
    expect(requests).toBeLessThan(10);
    expect(pings).toBeLessThan(100);
  });

  test('and few of both, where pings are answered', async () => {
    let pings = 0;
    const ping = (): Promise<boolean> => {
      pings++;
      return Promise.resolve(true);
    };
    const requests = await requestsInAMinute((request) => request.lose(), asFastAsCanBe, { ping });
    expect(requests + pings).toBeLessThan(200);
  });
});

test('an item that gets lost amid answers to others is not sent in a busy loop', async () => {
  const t = engineUnderTest({ maxItems: 1, retry: asFastAsCanBe });
  void t.call('poison');
  for (let turn = 0; turn < 300; turn++) {
    void t.call(`other ${turn}`);
    await t.clock.pass(10);
    for (const request of [...t.wire.parked].reverse()) {
      if (request.keys[0] !== 'poison') request.answer();
      else if (t.wire.parked.length === 1) request.lose();
      await t.clock.settle();
    }
  }
  const lost = t.wire.batches.filter(([key]) => key === 'poison').length;
  // In 3 s: at 0, 0, 10, 30, ... 1270 ms, and then each second.
  expect(lost).toBeGreaterThan(6);
  expect(lost).toBeLessThan(13);
  void t.engine.close({ timeoutMs: 0 });
  await t.clock.pass(1);
});

test('where all are refused alike, halving has a brake without minDelayMs, too', async () => {
  const t = engineUnderTest({ retry: { minDelayMs: 0 } });
  for (const n of Array(400).keys()) void t.call(`k${n}`);
  const refuseAll = async (): Promise<void> => {
    for (let turn = 0; turn < 2_000 && t.wire.parked.length > 0; turn++) {
      for (const request of [...t.wire.parked]) request.refuse('bad', 'items', 422);
      await t.clock.settle();
    }
  };
  await t.clock.settle();
  await refuseAll();
  const before = t.wire.requests.length;
  expect(before).toBeLessThan(60);
  for (let ms = 0; ms < 2_000; ms += 20) {
    await t.clock.pass(20);
    await refuseAll();
  }
  expect(t.wire.requests.length - before).toBeLessThan(20);
  void t.engine.close({ timeoutMs: 0 });
  await t.clock.pass(1);
});

test('a pause between requests in vain ends with the first that brings somebody further', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 2, retry: asFastAsCanBe });
  for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
  await t.clock.settle();
  for (let turn = 0; turn < 6; turn++) {
    for (const request of [...t.wire.parked]) request.beBusy(0);
    await t.clock.pass(leastBackoffMs(turn + 1));
    expect(t.wire.parked.length).toBeGreaterThan(0);
  }
  const { length } = t.wire.requests;
  t.wire.parked[0]?.answer();
  await t.answerAll();
  // No time has passed.
  expect(t.wire.requests.length).toBeGreaterThan(length + 1);
  t.expectIdle();
});
