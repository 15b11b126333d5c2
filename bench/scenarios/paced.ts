/** S2 and the grid: calls at a steady pace, over a network that takes its time. S3: one at a time. */
import type { Burst, Load, Steady } from '../job.ts';
import type { Mode, Scenario } from './scenario.ts';
import { count, entry, LOCAL, NO_RESULTS, roundsIn, unlessQuick, wide } from './scenario.ts';

const RTT_MS = 20;
/** What has not settled so long after the last call is late. */
const GRACE_MS = 2_000;

export function steadyCalls(mode: Mode): Scenario {
  const callsPerSecond = mode === 'smoke' ? 200 : 5_000;
  const seconds = { full: 5, quick: 0.6, smoke: 0.3 }[mode];
  const warmUp = { full: 10_000, quick: 2_000, smoke: 20 }[mode];
  const load: Steady = { kind: 'steady', callsPerSecond, seconds, graceMs: GRACE_MS, warmUp };
  const often = roundsIn(mode, 3);
  const late = { mayFail: mode !== 'smoke' };
  return {
    id: 'S2',
    title: 'A steady load over a network',
    setting:
      `${count(callsPerSecond)} calls a second for ${seconds} s, round trip ${RTT_MS} ms. ` +
      `4 requests in flight, for other batchers 64. Before that, ${count(warmUp)} to warm up.`,
    server: { rttMs: RTT_MS, rules: 'succeed' },
    columns: [
      'settled',
      'requests',
      'meanBatch',
      'cpuUs',
      'toFetch',
      'perSecond',
      'p50Ms',
      'p99Ms',
      'inFlight',
    ],
    entries: [
      entry('ours', 4, often, load),
      entry('floor-fetch', 4, often, load),
      entry('floor-dispatch', 4, often, load),
      entry('dataloader+fetch', 64, 1, load),
      entry('dataloader+ky', 64, 1, load),
      entry('batshit+fetch', 64, 1, load),
      entry('pacer+fetch', 64, 1, load),
      entry('one by one', 64, 1, load, { label: wide('one by one'), ...late }),
      entry('@prefactor/core', 1, 1, load, { note: NO_RESULTS, ...late }),
    ],
  };
}

/** How much gets through where the network is what bounds it. */
export function flatOut(mode: Mode): Scenario {
  const burst = (calls: number): Burst => ({
    kind: 'burst',
    calls,
    perTurn: 1_000,
    bytes: 325,
    spans: 'complete',
  });
  const calls = burst({ full: 20_000, quick: 4_000, smoke: 200 }[mode]);
  const few = burst({ full: 3_000, quick: 600, smoke: 50 }[mode]);
  const fewest = burst({ full: 60, quick: 20, smoke: 5 }[mode]);
  const rounds = roundsIn(mode, 3);
  return {
    id: 'S2 flat out',
    title: 'As many calls as get through a network',
    setting:
      `Round trip ${RTT_MS} ms; ${count(calls.calls)} spans of 325 bytes at once, ` +
      'less for those that send one by one.',
    server: { rttMs: RTT_MS, rules: 'succeed' },
    columns: ['perSecond', 'cpuUs', 'p50Ms', 'requests', 'inFlight'],
    entries: [
      entry('ours', 4, rounds, calls),
      entry('floor-fetch', 4, rounds, calls),
      entry('dataloader+fetch', 4, rounds, calls),
      entry('one by one', 64, rounds, few, { label: wide('one by one') }),
      entry('@prefactor/core', 1, rounds, fewest, { note: NO_RESULTS }),
    ],
  };
}

export function oneAtATime(mode: Mode): Scenario {
  const load = (calls: number): Load => ({ kind: 'one at a time', calls });
  const calls = load({ full: 1_500, quick: 200, smoke: 20 }[mode]);
  const fewer = load({ full: 500, quick: 100, smoke: 10 }[mode]);
  const rounds = roundsIn(mode, 5);
  return {
    id: 'S3',
    title: 'One call at a time',
    setting: 'Each call waits for the one before it, no round trip; so batching cannot help.',
    server: LOCAL,
    columns: ['p50Ms', 'toDirect', 'p99Ms', 'cpuUs'],
    entries: [
      entry('ours', 4, rounds, calls),
      entry('ours, global fetch', 4, rounds, calls),
      entry('direct fetch', 1, rounds, calls),
      entry('floor-fetch', 4, rounds, calls),
      entry('floor-dispatch', 4, rounds, calls),
      entry('dataloader+fetch', 4, roundsIn(mode, 3), calls),
      entry('dataloader+ky', 4, roundsIn(mode, 3), calls),
      ...unlessQuick(mode, [
        entry('batshit+fetch', 4, 1, fewer),
        entry('pacer+fetch', 4, 1, fewer),
      ]),
    ],
  };
}

/** How batches grow with the load and the round trip, where nobody waits for a timer. */
export function naturalBatching(mode: Mode): readonly Scenario[] {
  const rates = { full: [1_000, 5_000, 20_000], quick: [1_000, 20_000], smoke: [200] }[mode];
  const rtts = { full: [1, 20, 200], quick: [1, 200], smoke: [20] }[mode];
  const seconds = { full: 1.5, quick: 0.3, smoke: 0.3 }[mode];
  return rates.flatMap((callsPerSecond) =>
    rtts.map((rttMs): Scenario => {
      const graceMs = GRACE_MS + rttMs * 100;
      const load: Steady = { kind: 'steady', callsPerSecond, seconds, graceMs };
      return {
        id: `grid ${count(callsPerSecond)}/s, ${rttMs} ms`,
        title: 'Natural batching',
        setting:
          `${count(callsPerSecond)} calls a second for ${seconds} s, round trip ${rttMs} ms, ` +
          'up to 64 requests in flight.',
        server: { rttMs, rules: 'succeed' },
        columns: ['settled', 'requests', 'meanBatch', 'p50Ms', 'p99Ms', 'inFlight'],
        grid: { callsPerSecond, rttMs },
        entries: [
          // As many in flight as it takes to keep up everywhere: 100 for each 5 ms need 40 of 200 ms.
          entry('ours', 64, 1, load),
          entry('floor-fetch', 64, 1, load),
          entry('dataloader+fetch', 64, 1, load),
        ],
      };
    }),
  );
}
