import { expect, test } from 'vitest';
import type { ItemOutcome } from '../../src/inspector/recording.ts';
import { Recording } from '../../src/inspector/recording.ts';

const words = [{ name: 'PrefactorValidationError', message: 'No.', facts: {} }] as const;

function leave(recording: Recording, number: number, keys: readonly string[]): void {
  const request = { number, reason: 'full', items: keys.length, bytes: 100, at: number };
  recording.leave(request, () => keys);
}

function answer(
  recording: Recording,
  number: number,
  outcomes: readonly ItemOutcome[] | undefined,
): void {
  recording.answer(number, { ms: 5, status: 200, cause: undefined, outcomes }, number + 5);
}

function runsOf(recording: Recording): (readonly [number, string, number])[] {
  return recording.all().lanes.map(({ number, runs, dropped }) => [number, runs, dropped] as const);
}

test('a request is divided into its items, and says where those came from that it carries again', () => {
  const recording = new Recording();
  leave(recording, 1, ['a', 'b', 'c', 'd']);
  expect(runsOf(recording)).toEqual([[1, '4u', 0]]);
  answer(recording, 1, ['succeeded', 'failed', 'skipped', 'skipped']);
  leave(recording, 2, ['c', 'd', 'e']);
  answer(recording, 2, undefined);
  expect(runsOf(recording)).toEqual([
    [1, '1s1f2k', 0],
    [2, '3s', 0],
  ]);
  expect(recording.all().lanes[1]?.from).toEqual([[1, 2]]);
});

test('a failure knows its request and its place there', () => {
  const recording = new Recording();
  leave(recording, 7, ['a', 'b']);
  answer(recording, 7, ['succeeded', 'failed']);
  recording.fail({ at: 12, key: 'b', type: 'agent_spans/create', words });
  expect(recording.all().failures).toMatchObject([
    { lane: 7, place: 1, outcome: 'failed', key: 'b' },
  ]);
});

test('what fails with another call is dropped: in its place, or behind the request if it was in none', () => {
  const recording = new Recording();
  leave(recording, 1, ['a', 'child']);
  answer(recording, 1, ['failed', 'skipped']);
  recording.fail({ at: 6, key: 'a', type: 'agent_spans/create', words });
  recording.fail({ at: 6, key: 'child', type: 'agent_spans/create', words, becauseOf: 'a' });
  recording.fail({
    at: 6,
    key: 'grandchild',
    type: 'agent_spans/create',
    words,
    becauseOf: 'child',
  });
  expect(runsOf(recording)).toEqual([[1, '1f1d', 1]]);
  expect(recording.all().failures.map(({ lane, outcome }) => [lane, outcome])).toEqual([
    [1, 'failed'],
    [1, 'dropped'],
    [1, 'dropped'],
  ]);
});

test('a request that nobody answers any more is given up', () => {
  const recording = new Recording();
  leave(recording, 1, ['a', 'b']);
  recording.giveUpAll(100, 'given up');
  expect(recording.all().lanes).toMatchObject([{ runs: '2f', ms: 99, cause: 'given up' }]);
  expect(recording.inFlight).toBe(0);
});

test('changes are told once', () => {
  const recording = new Recording();
  leave(recording, 1, ['a']);
  leave(recording, 2, ['b']);
  recording.sample({ at: 1_000, queued: 0, inFlight: 2 });
  expect(recording.takeChanges()).toMatchObject({
    lanes: [{ number: 1 }, { number: 2 }],
    samples: [{}],
  });
  expect(recording.takeChanges()).toEqual({ lanes: [], failures: [], samples: [] });
  answer(recording, 1, undefined);
  expect(recording.takeChanges().lanes.map(({ number }) => number)).toEqual([1]);
});

test('percentiles are those of the last ten seconds', () => {
  const recording = new Recording();
  for (let number = 1; number <= 100; number++) {
    leave(recording, number, ['a']);
    const reply = { ms: number, status: 200, cause: undefined, outcomes: undefined };
    recording.answer(number, reply, 500);
  }
  recording.sample({ at: 1_000, queued: 0, inFlight: 0 });
  recording.sample({ at: 11_000, queued: 0, inFlight: 0 });
  expect(recording.all().samples).toMatchObject([
    { requests: 100, p50: 51, p99: 100 },
    { requests: 0, p50: null, p99: null },
  ]);
});

test('an hour at 1,000 requests a minute does not grow', () => {
  const recording = new Recording();
  const sizes: Readonly<Record<string, number>>[] = [];
  let number = 0;
  for (let second = 1; second <= 3_600; second++) {
    for (let request = 0; request < 17; request++) {
      number++;
      // Each has an item that comes back and never leaves again, and failures with words.
      leave(recording, number, [`${number}-a`, `${number}-b`, `${number}-c`]);
      recording.answer(
        number,
        { ms: 20, status: 200, cause: undefined, outcomes: ['succeeded', 'failed', 'skipped'] },
        second * 1_000,
      );
      recording.fail({ at: second, key: `${number}-b`, type: 'agent_spans/create', words });
    }
    recording.sample({ at: second * 1_000, queued: 1, inFlight: 1 });
    if (second % 1_200 === 0) sizes.push(recording.held);
  }
  expect(number).toBe(61_200);
  expect(sizes[0]).toEqual({ lanes: 60, failures: 60, samples: 120, keys: 40_000, durations: 170 });
  expect(sizes[2]).toEqual(sizes[0]);
  expect(JSON.stringify(recording.all()).length).toBeLessThan(64_000);
});

test('requests that are never answered do not grow either', () => {
  const recording = new Recording();
  for (let number = 1; number <= 1_000; number++) leave(recording, number, ['a']);
  expect([recording.held['lanes'], recording.inFlight]).toEqual([60, 60]);
});

test('a cascade does not push out the words of other failures', () => {
  const recording = new Recording();
  leave(recording, 1, ['first']);
  answer(recording, 1, ['failed']);
  recording.fail({ at: 1, key: 'first', type: 'agent_spans/create', words });
  leave(recording, 2, ['second']);
  answer(recording, 2, ['failed']);
  recording.fail({ at: 2, key: 'second', type: 'agent_spans/create', words });
  for (let child = 0; child < 10_000; child++) {
    recording.fail({
      at: 2,
      key: `child-${child}`,
      type: 'agent_spans/create',
      words,
      becauseOf: 'second',
    });
  }
  const { failures, lanes } = recording.all();
  expect([failures.length, failures[0]?.key, lanes[1]?.dropped]).toEqual([6, 'first', 10_000]);
});
