/** S1 and S4: as many calls as the loop can make, so that the client is what bounds them. */
import type { Burst } from '../job.ts';
import type { Column } from '../results.ts';
import type { Entry, Mode, Scenario, Sizes } from './scenario.ts';
import { count, entry, LOCAL, NO_RESULTS, roundsIn, unlessQuick, wide } from './scenario.ts';

const COLUMNS: readonly Column[] = [
  'cpuUs',
  'toFetch',
  'toDispatch',
  'perSecond',
  'p50Ms',
  'p99Ms',
  'requests',
];

export function smallSpans(mode: Mode): Scenario {
  const calls = many(mode, { full: 100_000, quick: 10_000, smoke: 300 }, 325, 1_000);
  const few = many(mode, { full: 3_000, quick: 300, smoke: 50 }, 325, 1_000);
  const dear = roundsIn(mode, 3);
  return {
    id: 'S1',
    title: 'Small spans, as fast as possible',
    setting:
      `${count(calls.calls)} spans of 325 bytes, 1,000 calls a turn of the event loop; ` +
      `${count(few.calls)} for those that send one by one. 100 items a request, 4 in flight, no round trip. Before that, up to 20,000 to warm up.`,
    server: LOCAL,
    columns: COLUMNS,
    entries: [
      ...batchers(calls, roundsIn(mode, 5), dear),
      ...wideBatchers(calls, dear),
      entry('batshit+fetch', 4, dear, calls),
      entry('pacer+fetch', 4, dear, calls),
      entry('OpenTelemetry', 4, dear, calls, { note: NO_RESULTS }),
      entry('langsmith', 4, dear, calls, { note: NO_RESULTS }),
      ...oneByOne(few, dear),
      entry('p-queue+fetch', 64, dear, few, { label: wide('p-queue+fetch') }),
      entry('one by one', 1, dear, few),
      entry('nothing', 1, dear, calls, { note: 'the measuring loop, and a promise for each call' }),
    ],
  };
}

export function largeSpans(mode: Mode): Scenario {
  const calls = many(mode, { full: 20_000, quick: 3_000, smoke: 200 }, 3_000, 200);
  const few = many(mode, { full: 3_000, quick: 200, smoke: 50 }, 3_000, 200);
  const dear = roundsIn(mode, 3);
  return {
    id: 'S4',
    title: 'Large spans, as fast as possible',
    setting:
      `${count(calls.calls)} spans of 3 kB, 200 calls a turn; ${count(few.calls)} for those that ` +
      'send one by one. Else as S1.',
    server: LOCAL,
    columns: COLUMNS,
    entries: [
      ...batchers(calls, roundsIn(mode, 5), dear),
      ...unlessQuick(mode, [
        ...wideBatchers(calls, dear),
        entry('OpenTelemetry', 4, dear, calls, { note: NO_RESULTS }),
        entry('langsmith', 4, dear, calls, { note: NO_RESULTS }),
        ...oneByOne(few, dear),
      ]),
    ],
  };
}

export function hugeSpans(mode: Mode): Scenario {
  const calls = many(mode, { full: 4_000, quick: 1_000, smoke: 100 }, 30_000, 100);
  const rounds = roundsIn(mode, 5);
  return {
    id: 'S4L',
    title: 'Huge spans, as fast as possible',
    setting: `${count(calls.calls)} spans of 30 kB, 100 calls a turn. Else as S1.`,
    server: LOCAL,
    columns: COLUMNS,
    isExtra: true,
    entries: [...batchers(calls, rounds, rounds), ...wideBatchers(calls, rounds)],
  };
}

function batchers(calls: Burst, often: number, dear: number): readonly Entry[] {
  return [
    entry('ours', 4, often, calls),
    entry('ours, global fetch', 4, dear, calls),
    entry('floor-fetch', 4, often, calls),
    entry('floor-dispatch', 4, often, calls),
    entry('dataloader+fetch', 4, dear, calls),
    entry('dataloader+ky', 4, dear, calls),
  ];
}

function wideBatchers(calls: Burst, rounds: number): readonly Entry[] {
  return [
    entry('ours', 64, rounds, calls, { label: wide('ours') }),
    entry('floor-fetch', 64, rounds, calls, { label: wide('floor-fetch') }),
    entry('floor-dispatch', 64, rounds, calls, { label: wide('floor-dispatch') }),
  ];
}

function oneByOne(calls: Burst, rounds: number): readonly Entry[] {
  return [
    entry('@prefactor/core', 1, rounds, calls, { note: NO_RESULTS }),
    entry('one by one', 64, rounds, calls, { label: wide('one by one') }),
  ];
}

function many(mode: Mode, sizes: Sizes, bytes: number, perTurn: number): Burst {
  const warmUp = Math.min(20_000, sizes[mode]);
  return { kind: 'burst', calls: sizes[mode], perTurn, bytes, warmUp };
}
