/** From rounds to what is shown: medians of values, and of the ratios within each round. */
import { median } from './quantile.ts';
import type { GridCell, Ratios, Row, ScenarioResult } from './results.ts';
import type { Outcome, Round } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { PLAIN } from './scenarios/scenario.ts';

type Value = (round: Round) => number | undefined;

const cpuUs = ({ cpuMs, called }: Round): number => (cpuMs * 1000) / called;
const perSecond: Value = ({ settled, ms }) => (settled / ms) * 1000;
const p50: Value = ({ p50Ms }) => p50Ms;
const itemsPerCall: Value = ({ seen: { items }, called }) =>
  items === undefined ? undefined : items / called;

export function resultOf(scenario: Scenario, outcomes: readonly Outcome[]): ScenarioResult {
  const { id, title, setting, columns } = scenario;
  const roundsOf = (label: string): readonly Round[] =>
    outcomes.find(({ entry }) => entry.label === label)?.rounds ?? [];
  const bases = {
    toFetch: roundsOf('floor-fetch'),
    toDispatch: roundsOf('floor-dispatch'),
    toDirect: roundsOf('direct fetch'),
    plain: roundsOf(PLAIN),
  };
  const rows = outcomes.map((outcome) => rowOf(outcome, scenario, bases));
  return { id, title, setting, columns, rows };
}

/** What others are compared with. */
type Bases = Readonly<Record<'toFetch' | 'toDispatch' | 'toDirect' | 'plain', readonly Round[]>>;

function rowOf({ entry, rounds, failure }: Outcome, scenario: Scenario, bases: Bases): Row {
  const of = (value: Value): number | undefined =>
    median(rounds.map(value).filter((found) => found !== undefined));
  const requests = of(({ seen }) => seen.requests);
  const settled = of((round) => round.settled);
  const hasRtt = scenario.server !== 'emulator' && scenario.server.rttMs > 0;
  return withoutHoles({
    contender: entry.label,
    rounds: rounds.length,
    settled: settled ?? 0,
    called: rounds[0]?.called ?? 0,
    cpuUs: of(cpuUs),
    perSecond: of(perSecond),
    p50Ms: of(p50),
    p99Ms: of(({ p99Ms }) => p99Ms),
    requests,
    leastRequests: entry.leastRequests,
    itemsPerCall: of(itemsPerCall),
    meanBatch: requests ? (settled ?? 0) / requests : undefined,
    // Without a round trip the server has answered before it looks at the next request.
    inFlight: hasRtt ? of(({ seen }) => seen.inFlight) : undefined,
    bytesPerCall: of(({ bytesPerCall }) => bytesPerCall),
    bytesLeftPerCall: of(({ bytesLeftPerCall }) => bytesLeftPerCall),
    oldBytesLeftPerCall: of(({ oldBytesLeftPerCall }) => oldBytesLeftPerCall),
    toFetch: ratios(rounds, bases.toFetch),
    toDispatch: ratios(rounds, bases.toDispatch),
    toDirect: ratios(rounds, bases.toDirect),
    overPlainUs: median(
      pairs(rounds, bases.plain).map(([own, plain]) => cpuUs(own) - cpuUs(plain)),
    ),
    note: failure === undefined ? entry.note : `broke down: ${firstLine(failure)}`,
  });
}

function ratios(rounds: readonly Round[], floor: readonly Round[]): Ratios | undefined {
  if (floor.length === 0 || rounds.length === 0) return undefined;
  const of = (value: Value): number | undefined =>
    median(
      pairs(rounds, floor).flatMap(([round, base]) => {
        const [own, theirs] = [value(round), value(base)];
        return own === undefined || theirs === undefined || theirs === 0 ? [] : [own / theirs];
      }),
    );
  return withoutHoles({ cpu: of(cpuUs), perSecond: of(perSecond), p50: of(p50) });
}

/** Each round with that of the same number, so that a slow minute is slow for both. */
function pairs(rounds: readonly Round[], others: readonly Round[]): (readonly [Round, Round])[] {
  return rounds.flatMap((round) => {
    const other = others.find(({ number }) => number === round.number);
    return other === undefined ? [] : [[round, other] as const];
  });
}

export function cellsOf({ grid, id }: Scenario, { rows }: ScenarioResult): readonly GridCell[] {
  if (grid === undefined) throw new Error(`${id} is no part of the grid.`);
  return rows.flatMap(({ contender, called, settled, requests, p50Ms, p99Ms }) =>
    requests === undefined || p50Ms === undefined || p99Ms === undefined
      ? []
      : [{ contender, ...grid, called, settled, requests, p50Ms, p99Ms }],
  );
}

/** What stands in the way of calling the run a good one. */
export function problemsOf({ id }: Scenario, outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ entry, rounds, failure }) => {
    const place = `${id}, ${entry.label}`;
    if (failure !== undefined) return [`${place}: ${failure}`];
    if (rounds.length === 0) return [`${place}: no round was measured.`];
    if (entry.mayFail) return [];
    return rounds
      .filter(({ settled, called, errors }) => settled !== called || errors.length > 0)
      .map(
        ({ settled, called, errors }) =>
          `${place}: ${settled} of ${called} calls settled as they should. ${errors.join(' ')}`,
      );
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

type WithoutHoles<T> = {
  [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name];
} & { [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined> };

function withoutHoles<T extends object>(fields: T): WithoutHoles<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as WithoutHoles<T>;
}
