/** What the client is to reach, and how it stands. */
import type { Goal, Results, Row } from './results.ts';

type RowOf = (id: string, contender?: string) => Row | undefined;

interface Aim extends Omit<Goal, 'value' | 'unit'> {
  readonly unit?: string;
  value(row: RowOf): number | undefined;
}

const CORE = '@prefactor/core';
const STORMS = [1, 5, 20, 50];

/** Of the two kinds of spans the dearer one counts. */
const BURSTS: readonly Aim[] = [
  {
    scenario: 'S1 foreign',
    what: 'CPU of a small span ÷ floor-fetch',
    bound: 'most',
    goal: 0.92,
    moonshot: 0.82,
    value: (row) => row('S1 foreign')?.toFetch?.cpu,
  },
  {
    scenario: 'S1 foreign 400k',
    what: 'the same of one among 400,000',
    bound: 'most',
    goal: 0.95,
    value: (row) => row('S1 foreign 400k')?.toFetch?.cpu,
  },
  {
    scenario: 'S4 foreign',
    what: 'CPU of a 3 kB span ÷ floor-fetch',
    bound: 'most',
    goal: 0.9,
    moonshot: 0.82,
    value: (row) => row('S4 foreign')?.toFetch?.cpu,
  },
  {
    scenario: 'S4 foreign 80k',
    what: 'the same of one among 80,000',
    bound: 'most',
    goal: 0.8,
    moonshot: 0.75,
    value: (row) => row('S4 foreign 80k')?.toFetch?.cpu,
  },
];

const PACED: readonly Aim[] = [
  {
    scenario: 'S2',
    what: 'requests for 25,000 calls',
    bound: 'most',
    goal: 350,
    moonshot: 300,
    value: (row) => per(25_000, row('S2')),
  },
  {
    scenario: 'S2',
    what: 'p99, round trip of 20 ms included',
    unit: 'ms',
    bound: 'most',
    goal: 40,
    value: (row) => row('S2')?.p99Ms,
  },
  {
    scenario: 'S2',
    what: 'CPU ÷ floor-fetch',
    bound: 'most',
    goal: 0.85,
    value: (row) => row('S2')?.toFetch?.cpu,
  },
  {
    scenario: 'S3',
    what: 'p50 ÷ direct fetch',
    bound: 'most',
    goal: 0.66,
    moonshot: 0.55,
    value: (row) => row('S3')?.toDirect?.p50,
  },
  {
    scenario: 'S3',
    what: 'p50 ÷ direct fetch, on the global fetch',
    bound: 'most',
    goal: 1.3,
    value: (row) => row('S3', 'ours, global fetch')?.toDirect?.p50,
  },
];

const FAILING: readonly Aim[] = [
  {
    scenario: 'S5',
    what: 'requests ÷ least possible, worst of with and without keys given',
    bound: 'most',
    goal: 1,
    value: (row) => worst([row('S5'), row('S5 keys given')].map(toLeast)),
  },
  {
    scenario: 'S5',
    what: 'calls that did not end as they should',
    bound: 'most',
    goal: 0,
    value: (row) => wrong(row('S5')),
  },
  {
    scenario: 'S5 keys given',
    what: 'CPU ÷ floor-fetch',
    bound: 'most',
    goal: 1.4,
    moonshot: 1.2,
    value: (row) => row('S5 keys given')?.toFetch?.cpu,
  },
  {
    scenario: 'S9',
    what: `requests ÷ least possible, worst of ${STORMS.join(', ')} % failing`,
    bound: 'most',
    goal: 1.1,
    moonshot: 1.05,
    value: (row) => worst(storms(row).map(toLeast)),
  },
  {
    scenario: 'S9',
    what: `items sent ÷ calls, worst of ${STORMS.join(', ')} % failing`,
    bound: 'most',
    goal: 3,
    moonshot: 2,
    value: (row) => worst(storms(row).map((storm) => storm?.itemsPerCall)),
  },
];

const SIZES: readonly Aim[] = [
  {
    scenario: 'S6',
    what: 'memory of a pending call',
    unit: 'bytes',
    bound: 'most',
    goal: 1_000,
    moonshot: 880,
    value: (row) => row('S6')?.bytesPerCall,
  },
  {
    scenario: 'S7',
    what: 'CPU of a call among 1,000,000 ÷ among 100,000',
    bound: 'most',
    goal: 1.05,
    moonshot: 1,
    value: (row) => quotient(row('S7 1,000,000 calls')?.cpuUs, row('S7 100,000 calls')?.cpuUs),
  },
];

const EXTRAS: readonly Aim[] = [
  {
    scenario: 'S10',
    what: 'beforeEnqueue, CPU over a plain call',
    unit: 'µs',
    bound: 'most',
    goal: 2,
    value: (row) => row('S10', 'ours, beforeEnqueue')?.overPlainUs,
  },
  {
    scenario: 'S10',
    what: 'all listeners, CPU over a plain call',
    unit: 'µs',
    bound: 'most',
    goal: 1,
    value: (row) => row('S10', 'ours, all listeners')?.overPlainUs,
  },
  {
    scenario: 'S11',
    what: 'process start to the first result ÷ direct fetch',
    bound: 'most',
    goal: 1.5,
    moonshot: 1.25,
    value: (row) => row('S11')?.toDirect?.p50,
  },
  {
    scenario: 'S1 foreign',
    what: `CPU of ${CORE} ÷ ours`,
    bound: 'least',
    goal: 34,
    value: (row) => quotient(row('S1 foreign', CORE)?.cpuUs, row('S1 foreign')?.cpuUs),
  },
  {
    scenario: 'S2 flat out',
    what: `calls a second ÷ ${CORE}, round trip of 20 ms`,
    bound: 'least',
    goal: 300,
    value: (row) => quotient(row('S2 flat out')?.perSecond, row('S2 flat out', CORE)?.perSecond),
  },
];

const AIMS = [...BURSTS, ...PACED, ...FAILING, ...SIZES, ...EXTRAS];

/** All of them; those that the results have nothing about have no value. */
export function goalsOf({
  scenarios,
  bundleKb,
}: Pick<Results, 'scenarios' | 'bundleKb'>): readonly Goal[] {
  const row: RowOf = (id, contender = 'ours') =>
    scenarios
      .find((scenario) => scenario.id === id)
      ?.rows.find((row) => row.contender === contender);
  const aims = AIMS.map(({ unit = '', ...aim }): Goal => ({ ...aim, unit, value: aim.value(row) }));
  const bundle: Goal = {
    scenario: '',
    what: 'main entry, bundled with its dependencies, min + gz',
    unit: 'kB',
    value: bundleKb,
    bound: 'most',
    goal: 50,
    moonshot: 46,
  };
  return [...aims, bundle];
}

function storms(row: RowOf): readonly (Row | undefined)[] {
  return STORMS.map((percent) => row(`S9 ${percent} % fail`));
}

/** Undefined where one is missing: it might be the worst. */
function worst(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? Math.max(...known) : undefined;
}

function quotient(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || by === undefined || by === 0 ? undefined : value / by;
}

/** Requests, had there been so many calls: for runs shorter than the full one. */
function per(calls: number, row: Row | undefined): number | undefined {
  if (row?.requests === undefined || row.called === 0) return undefined;
  return (row.requests / row.called) * calls;
}

function toLeast(row: Row | undefined): number | undefined {
  return quotient(row?.requests, row?.leastRequests);
}

function wrong(row: Row | undefined): number | undefined {
  return row === undefined ? undefined : row.called - row.settled;
}
