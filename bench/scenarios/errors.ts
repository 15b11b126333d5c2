/** S5 and S9: what failures cost, and whom they hit. */
import type { Burst, Marked } from '../job.ts';
import { leastRequests, markedCalls } from '../marked.ts';
import type { Column } from '../results.ts';
import type { ServerOptions } from '../server/process.ts';
import type { Entry, Mode, Scenario } from './scenario.ts';
import { count, entry, roundsIn, unlessQuick } from './scenario.ts';

const SERVER: ServerOptions = { rttMs: 0, rules: 'obey' };
const BATCH = 100;
const TO_THE_FRONT = 'the rest goes back to the front of the queue';
const COLUMNS: readonly Column[] = [
  'settled',
  'called',
  'requests',
  'leastRequests',
  'itemsPerCall',
  'cpuUs',
];
/** Of the items, in a storm. */
const PARTS = [0.01, 0.05, 0.2, 0.5];

export function someFail(mode: Mode): readonly Scenario[] {
  const calls = { full: 10_000, quick: 3_000, smoke: 300 }[mode];
  const failing = { full: 77, quick: 23, smoke: 5 }[mode];
  const load = burst(calls, { marker: 'fail', count: failing });
  const keyed: Burst = { ...load, keys: 'caller' };
  const leastOf = leastRequests(calls, markedCalls(calls, load.marked), BATCH);
  const rounds = roundsIn(mode, 2);
  const often = roundsIn(mode, 5);
  return [
    {
      id: 'S5',
      title: 'Some items fail',
      setting:
        `${failing} of ${count(calls)} items fail, wherever they are; one request in flight. The server ` +
        'stops at the first error of a request, so the rest has to be sent again.',
      server: SERVER,
      columns: COLUMNS,
      entries: [
        entry('ours', 1, rounds, load, { leastRequests: leastOf }),
        ...handMade(load, 1, leastOf),
        ...unlessQuick(mode, [oneByOne(load, leastOf)]),
      ],
    },
    {
      id: 'S5 keys given',
      title: 'The same, with keys of the caller’s',
      setting: 'Each call is given an idempotency key of its own, by hand as by us.',
      server: SERVER,
      columns: [...COLUMNS, 'toFetch'],
      entries: [
        entry('ours', 1, often, keyed, { leastRequests: leastOf }),
        entry('floor-fetch', 1, often, keyed, { leastRequests: leastOf, note: TO_THE_FRONT }),
      ],
    },
  ];
}

/** Failures in a storm: from every hundredth item to every other. */
export function storms(mode: Mode): readonly Scenario[] {
  const calls = { full: 10_000, quick: 1_000, smoke: 200 }[mode];
  const rounds = roundsIn(mode, 3);
  return PARTS.map((part): Scenario => {
    const load = burst(calls, { marker: 'fail', count: Math.round(calls * part) });
    const least = leastRequests(calls, markedCalls(calls, load.marked), BATCH);
    return {
      id: `S9 ${part * 100} % fail`,
      title: `${part * 100} % of the items fail`,
      setting: `${count(calls)} items, 4 requests in flight.`,
      server: SERVER,
      columns: COLUMNS,
      entries: [
        entry('ours', 4, rounds, load, { leastRequests: least }),
        entry('floor-fetch', 4, rounds, load, { leastRequests: least, note: TO_THE_FRONT }),
        oneByOne(load, least),
      ],
    };
  });
}

export function failingRoot(mode: Mode): Scenario {
  const descendants = { full: 10_000, quick: 500, smoke: 100 }[mode];
  const load = { kind: 'cascade', descendants } as const;
  return {
    id: 'S9 failing root',
    title: 'One failing root',
    setting: `A span that fails, and ${count(descendants)} below it that name it as their parent; 4 in flight.`,
    server: SERVER,
    columns: COLUMNS,
    entries: [
      entry('ours', 4, roundsIn(mode, 3), load, { leastRequests: 1 }),
      entry('floor-fetch', 4, 1, load, {
        leastRequests: 1,
        note: 'does not know who needs whom, so the server refuses each',
      }),
    ],
  };
}

export function poison(mode: Mode): Scenario {
  const calls = { full: 10_000, quick: 2_000, smoke: 1_000 }[mode];
  const every = 1_000;
  const load = burst(calls, { marker: 'poison', every });
  const poisoned = markedCalls(calls, load.marked).size;
  // For one who knew which: each poisoned item alone, and the others in full requests.
  const least = Math.ceil((calls - poisoned) / BATCH) + poisoned;
  return {
    id: 'S9 poison',
    title: 'A poisoned item in every tenth request',
    setting:
      `One of ${count(every)} items makes the server answer 400 to all of its request; ${count(calls)} ` +
      'items, 4 in flight. The least is that of a client that knew which items they are.',
    server: SERVER,
    columns: COLUMNS,
    entries: [
      entry('ours', 4, roundsIn(mode, 3), load, { leastRequests: least }),
      entry('floor-fetch', 4, roundsIn(mode, 3), load, {
        leastRequests: least,
        mayFail: true,
        note: 'rejects all of a request that was refused',
      }),
      oneByOne(load, least),
    ],
  };
}

function handMade(load: Burst, inFlight: number, least: number): readonly Entry[] {
  const of = (rest: 'merged' | 'alone' | 'one-by-one', label: string): Entry =>
    entry('floor-fetch', inFlight, 1, load, {
      label: `floor-fetch, ${label}`,
      rest,
      leastRequests: least,
    });
  return [
    of('merged', 'rest to the front'),
    of('alone', 'rest by itself'),
    of('one-by-one', 'rest one by one'),
  ];
}

function oneByOne(load: Burst, least: number): Entry {
  return entry('one by one', 64, 1, load, { leastRequests: least });
}

function burst(calls: number, marked: Marked): Burst & { readonly marked: Marked } {
  return { kind: 'burst', calls, perTurn: 1_000, bytes: 325, spans: 'complete', marked };
}
