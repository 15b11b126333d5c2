import { describe, expect, test } from 'vitest';
import { FailureCut } from '../../../src/coalescer/server/adaptive-limits.ts';
import { endsOf, engineUnderTest } from '../../helpers/engine.ts';
import { no } from '../../helpers/scripted-send.ts';

const WHOLE = 100;

/** After so many requests that failed, each at the same place. */
function afterFailures(times: number, ran: number): FailureCut {
  const cut = new FailureCut(WHOLE);
  for (let time = 0; time < times; time++) cut.failed(ran, ran);
  return cut;
}

describe('how far a batch is cut', () => {
  test('not at all where nothing has failed', () => {
    const cut = new FailureCut(WHOLE);
    for (let time = 0; time < 1_000; time++) cut.passed(WHOLE, 0);
    expect(cut.limit(WHOLE)).toBe(WHOLE);
  });

  test('not for a single failure, wherever in its batch', () => {
    for (let ran = 1; ran <= WHOLE; ran++) {
      expect(afterFailures(1, ran).limit(WHOLE), `${ran}`).toBe(WHOLE);
    }
  });

  test.each([
    { ran: 1, limit: 3 },
    { ran: 2, limit: 6 },
    { ran: 5, limit: 14 },
    { ran: 20, limit: 56 },
  ])('to 2.8 times the expected stretch of $ran, where many have failed', ({ ran, limit }) => {
    expect(afterFailures(1_000, ran).limit(WHOLE)).toBe(limit);
  });

  test('not to more than seven tenths: what would stay behind is not worth a request', () => {
    expect(afterFailures(1_000, 25).limit(WHOLE)).toBe(70);
    expect(afterFailures(1_000, 26).limit(WHOLE)).toBe(WHOLE);
  });

  test('the longer the fewer savings there are, and no further than they bear', () => {
    const cut = new FailureCut(WHOLE);
    let saved = 0;
    const limits: number[] = [];
    for (let time = 0; time < 200; time++) {
      cut.failed(5, 5);
      saved += 5;
      limits.push(cut.limit(WHOLE));
      expect(WHOLE - cut.limit(WHOLE)).toBeLessThanOrEqual(saved);
    }
    expect(limits.toSorted((a, b) => b - a)).toEqual(limits);
    expect(limits.at(-1)).toBe(14);
  });

  test('what the server takes at once counts as a whole batch, not what the user allows', () => {
    const cut = afterFailures(1_000, 5);
    expect(cut.limit(40)).toBe(14);
    expect(cut.limit(15)).toBe(15);
    expect(cut.limit(1)).toBe(1);
  });
});

describe('after a storm', () => {
  test('batches grow back with success, in seven steps at most', () => {
    for (let ran = 1; ran <= WHOLE; ran++) {
      const cut = afterFailures(1_000, ran);
      const sizes: number[] = [];
      for (let limit = cut.limit(WHOLE); limit < WHOLE; limit = cut.limit(WHOLE)) {
        sizes.push(limit);
        cut.passed(limit, WHOLE - limit);
      }
      expect(sizes.toSorted((a, b) => a - b)).toEqual(sizes);
      expect(sizes.length).toBeLessThanOrEqual(7);
    }
  });

  test('the places that cut batches leave empty never exceed what the failing ones ran', () => {
    const cut = afterFailures(30, 4);
    let empty = 0;
    for (let limit = cut.limit(WHOLE); limit < WHOLE; limit = cut.limit(WHOLE)) {
      cut.passed(limit, WHOLE - limit);
      empty += WHOLE - limit;
    }
    expect(empty).toBeGreaterThan(0);
    expect(empty).toBeLessThanOrEqual(30 * 4);
  });

  test('a rest leaves nothing to spend: the next calls fill whole batches, until some fail', () => {
    const cut = afterFailures(1_000, 5);
    cut.rest();
    expect(cut.limit(WHOLE)).toBe(WHOLE);
    for (let time = 0; time < 20; time++) cut.failed(5, 5);
    expect(cut.limit(WHOLE)).toBeLessThan(WHOLE / 4);
  });
});

describe('in the engine', () => {
  /** The engine in a storm: calls wait, and every third that was sent has failed. */
  async function inStorm(code?: string, settings: Parameters<typeof engineUnderTest>[0] = {}) {
    const t = engineUnderTest({ concurrency: 1, ...settings });
    const calls = Array.from({ length: 3_000 }, (_, index) => t.call(`k${index}`));
    await t.clock.settle();
    for (let time = 0; time < 300; time++) {
      const request = t.wire.parked[0];
      request?.stopAt(request.keys[2] ?? '', code);
      await t.clock.settle();
    }
    return { t, calls };
  }

  const sizes = (t: ReturnType<typeof engineUnderTest>) =>
    t.wire.parked.map(({ keys }) => keys.length);

  test('a cut batch is a full one: others leave beside it', async () => {
    const { t } = await inStorm('bad', { concurrency: 3 });
    expect(sizes(t)).toEqual([8, 8, 8]);
    expect(t.events.dispatch.at(-1)?.reason).toBe('full');
    await t.answerAll();
    t.expectIdle();
  });

  test('errors that may pass stop a batch as well, and count alike', async () => {
    const { t } = await inStorm('busy');
    expect(sizes(t)).toEqual([8]);
    await t.answerAll();
    await t.clock.pass(60_000);
    await t.answerAll();
    t.expectIdle();
  });

  test('a server that goes on after an error has skipped nothing, and gets whole batches', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    for (let index = 0; index < 2_000; index++) void t.call(`k${index}`);
    await t.clock.settle();
    for (let request = t.wire.parked[0]; request !== undefined; request = t.wire.parked[0]) {
      request.answer({ [request.keys[2] ?? '']: no('bad') });
      await t.clock.settle();
    }
    expect(t.wire.batches.map((keys) => keys.length)).toEqual(Array(20).fill(100));
    t.expectIdle();
  });

  test('a page that goes away sends whole batches: it will not be there for the rest', async () => {
    const { t } = await inStorm();
    expect(sizes(t)).toEqual([8]);
    t.engine.sendOutliving(4_000);
    await t.clock.settle();
    expect(sizes(t).slice(0, 2)).toEqual([8, 100]);
    await t.answerAll();
    t.expectIdle();
  });

  test('a lost or refused request is no failing item, and is charged to nobody', async () => {
    const { t } = await inStorm();
    for (let time = 0; time < 20; time++) {
      t.wire.parked[0]?.lose();
      await t.clock.pass(10_000);
    }
    expect(sizes(t)).toEqual([8]);
    await t.answerAll();
    t.expectIdle();
  });

  test('with onSkipped: reject, far fewer are rejected for what they have nothing to do with', async () => {
    const { t, calls } = await inStorm('bad', { onSkipped: 'reject' });
    await t.answerAll();
    const ends = await endsOf(...calls);
    const [skipped, failed] = ['skipped', 'error'].map(
      (kind) => ends.filter((end) => end === kind).length,
    );
    // Whole batches would reject 97 items for each that fails.
    expect(skipped).toBeLessThan(8 * (failed ?? 0));
    t.expectIdle();
  });
});
