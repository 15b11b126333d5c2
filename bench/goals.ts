/** The goals that were set before there was any code, and how they stand. */
import type { Goal, Row, ScenarioResult } from './results.ts';

/** The dearer of both kinds of spans. */
const bursts = [
  ['S1 foreign', 'a small span', 0.92, 0.82],
  ['S1 foreign 400k', 'one of 400,000', 0.95, undefined],
  ['S4 foreign', 'a 3 kB span', 0.9, 0.82],
  ['S4 foreign 80k', 'one of 80,000', 0.8, 0.75],
] as const;

type Asked = Omit<Goal, 'value'> & { readonly value: number | undefined };

export function goalsOf(
  scenarios: readonly ScenarioResult[],
  bundleKb: number | undefined,
): readonly Goal[] {
  const row = (id: string, contender: string): Row | undefined =>
    scenarios
      .find((scenario) => scenario.id === id)
      ?.rows.find((row) => row.contender === contender);
  const ours = (id: string): Row | undefined => row(id, 'ours');
  const core = '@prefactor/core';
  const asked: readonly Asked[] = [
    ...bursts.map(([id, what, goal, moonshot]) =>
      most(id, `CPU of ${what} ÷ floor-fetch`, '', ours(id)?.toFetch?.cpu, goal, moonshot),
    ),
    most('S2', 'requests for 25,000 calls', '', per(25_000, ours('S2')), 950, 300),
    most('S2', 'p99, round trip of 20 ms included', 'ms', ours('S2')?.p99Ms, 40),
    most('S2', 'CPU ÷ floor-fetch', '', ours('S2')?.toFetch?.cpu, 0.8),
    most('S3', 'p50 ÷ direct fetch', '', ours('S3')?.toDirect?.p50, 0.8, 0.6),
    most(
      'S3',
      'p50 ÷ direct fetch, on the global fetch',
      '',
      row('S3', 'ours, global fetch')?.toDirect?.p50,
      1.3,
    ),
    most('S5', 'requests ÷ least possible', '', toLeast(ours('S5')), 1),
    most('S5', 'calls that did not end as they should', '', wrong(ours('S5')), 0),
    most('S6', 'memory of a pending call', 'bytes', ours('S6')?.bytesPerCall, 800, 650),
    most(
      'S7',
      'CPU of a call among 1,000,000 ÷ among 100,000',
      '',
      quotient(ours('S7 1,000,000 calls')?.cpuUs, ours('S7 100,000 calls')?.cpuUs),
      1.1,
      1,
    ),
    least(
      'S1 foreign',
      `CPU of ${core} ÷ ours`,
      '',
      quotient(row('S1 foreign', core)?.cpuUs, ours('S1 foreign')?.cpuUs),
      34,
    ),
    least(
      'S2',
      `calls a second ÷ ${core}, round trip of 20 ms`,
      '',
      quotient(ours('S2 flat out')?.perSecond, row('S2 flat out', core)?.perSecond),
      110,
    ),
    most('', 'main entry, bundled with its dependencies, min + gz', 'kB', bundleKb, 22, 18),
  ];
  return asked.flatMap(({ value, ...goal }) => (value === undefined ? [] : [{ ...goal, value }]));
}

function most(
  scenario: string,
  what: string,
  unit: string,
  value: number | undefined,
  goal: number,
  moonshot?: number,
): Asked {
  const rest = moonshot === undefined ? {} : { moonshot };
  return { scenario, what, unit, value, bound: 'most', goal, ...rest };
}

function least(
  scenario: string,
  what: string,
  unit: string,
  value: number | undefined,
  goal: number,
): Asked {
  return { scenario, what, unit, value, bound: 'least', goal };
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
