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

/** What each span is like, and how many are made in a turn. */
type Shape = Pick<Burst, 'bytes' | 'perTurn' | 'spans'>;

const SMALL: Shape = { bytes: 325, perTurn: 1_000, spans: 'complete' };
export const SMALL_OPEN: Shape = { ...SMALL, spans: 'open' };
const LARGE: Shape = { bytes: 3_000, perTurn: 200, spans: 'complete' };
const LARGE_OPEN: Shape = { ...LARGE, spans: 'open' };
const HUGE: Shape = { bytes: 30_000, perTurn: 100, spans: 'complete' };

export function smallSpans(mode: Mode): readonly Scenario[] {
  const sizes = { full: 100_000, quick: 10_000, smoke: 300 };
  const complete = many(mode, sizes, SMALL);
  const open = many(mode, sizes, SMALL_OPEN);
  const more = many(mode, { full: 400_000, quick: 20_000, smoke: 600 }, SMALL_OPEN);
  const few = many(mode, { full: 3_000, quick: 300, smoke: 50 }, SMALL_OPEN);
  const dear = roundsIn(mode, 3);
  return [
    {
      id: 'S1',
      title: 'Small spans, complete, of a run whose id is a PFID',
      setting:
        `${count(complete.calls)} spans of 325 bytes, 1,000 calls a turn of the event loop. 100 items a request, ` +
        '4 in flight, no round trip. Before that, up to 20,000 to warm up, in bursts of 1,000.',
      server: LOCAL,
      columns: COLUMNS,
      entries: leaders(complete, roundsIn(mode, 5), dear),
    },
    {
      id: 'S1 foreign',
      title: 'Small spans, left open, of a run with a foreign id',
      setting: `${count(open.calls)} spans; ${count(few.calls)} for those that send one by one. Else as above.`,
      server: LOCAL,
      columns: COLUMNS,
      entries: [
        ...batchers(open, roundsIn(mode, 5), dear),
        ...wideBatchers(open, dear),
        entry('batshit+fetch', 4, dear, open),
        entry('pacer+fetch', 4, dear, open),
        entry('OpenTelemetry', 4, dear, open, { note: NO_RESULTS }),
        entry('langsmith', 4, dear, open, { note: NO_RESULTS }),
        ...oneByOne(few, dear),
        entry('p-queue+fetch', 64, dear, few, { label: wide('p-queue+fetch') }),
        entry('one by one', 1, dear, few),
        entry('nothing', 1, dear, open, {
          note: 'the measuring loop, and a promise for each call',
        }),
      ],
    },
    fourTimes('S1 foreign 400k', more, dear),
  ];
}

export function largeSpans(mode: Mode): readonly Scenario[] {
  const sizes = { full: 20_000, quick: 3_000, smoke: 200 };
  const complete = many(mode, sizes, LARGE);
  const open = many(mode, sizes, LARGE_OPEN);
  const more = many(mode, { full: 80_000, quick: 6_000, smoke: 400 }, LARGE_OPEN);
  const few = many(mode, { full: 3_000, quick: 200, smoke: 50 }, LARGE_OPEN);
  const often = roundsIn(mode, 5);
  const dear = roundsIn(mode, 3);
  return [
    {
      id: 'S4',
      title: 'Large spans, complete, of a run whose id is a PFID',
      setting: `${count(complete.calls)} spans of 3 kB, 200 calls a turn. Else as S1.`,
      server: LOCAL,
      columns: COLUMNS,
      entries: leaders(complete, often, dear),
    },
    {
      id: 'S4 foreign',
      title: 'Large spans, left open, of a run with a foreign id',
      setting: `${count(open.calls)} spans; ${count(few.calls)} for those that send one by one. Else as above.`,
      server: LOCAL,
      columns: COLUMNS,
      entries: [
        ...batchers(open, often, dear),
        ...unlessQuick(mode, [
          ...wideBatchers(open, dear),
          entry('OpenTelemetry', 4, dear, open, { note: NO_RESULTS }),
          entry('langsmith', 4, dear, open, { note: NO_RESULTS }),
          ...oneByOne(few, dear),
        ]),
      ],
    },
    fourTimes('S4 foreign 80k', more, often),
  ];
}

export function hugeSpans(mode: Mode): Scenario {
  const calls = many(mode, { full: 4_000, quick: 1_000, smoke: 100 }, HUGE);
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

/** With so many calls, what a client keeps of each grows old: see `docs/internals/performance.md`. */
function fourTimes(id: string, calls: Burst, rounds: number): Scenario {
  return {
    id,
    title: 'The same, four times as many',
    setting: `${count(calls.calls)} spans. Else as above.`,
    server: LOCAL,
    columns: COLUMNS.filter((column) => column !== 'toDispatch'),
    entries: [entry('ours', 4, rounds, calls), entry('floor-fetch', 4, rounds, calls)],
  };
}

/** Ours and the floors. */
function leaders(calls: Burst, often: number, dear: number): readonly Entry[] {
  return [
    entry('ours', 4, often, calls),
    entry('floor-fetch', 4, often, calls),
    entry('floor-dispatch', 4, dear, calls),
  ];
}

function batchers(calls: Burst, often: number, dear: number): readonly Entry[] {
  return [
    ...leaders(calls, often, dear),
    entry('ours, global fetch', 4, dear, calls),
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

export function many(mode: Mode, sizes: Sizes, shape: Shape): Burst {
  const warmUp = Math.min(20_000, sizes[mode]);
  return { kind: 'burst', calls: sizes[mode], warmUp, ...shape };
}
