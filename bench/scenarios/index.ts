import { hugeSpans, largeSpans, smallSpans } from './bursts.ts';
import { failingRoot, poison, someFail, storms } from './errors.ts';
import { coldStart, options } from './extras.ts';
import { flatOut, naturalBatching, oneAtATime, steadyCalls } from './paced.ts';
import { recordedRuns } from './recording.ts';
import type { Mode, Scenario } from './scenario.ts';
import { growth, memory } from './sizes.ts';

export interface Selection {
  /** Ids, or their first words for all that begin so; undefined: all but the extra ones. */
  readonly only: readonly string[] | undefined;
  /** Undefined: all. */
  readonly contenders: readonly string[] | undefined;
}

export function scenariosOf(mode: Mode, { only, contenders }: Selection): readonly Scenario[] {
  return all(mode)
    .filter(
      ({ id, isExtra }) => only?.some((name) => name === id || name === firstWord(id)) ?? !isExtra,
    )
    .map((scenario) => ({
      ...scenario,
      entries: scenario.entries.filter(({ job }) => isChosen(job.contender, contenders)),
    }))
    .filter(({ entries }) => entries.length > 0);
}

export function scenarioNames(): readonly string[] {
  return [...new Set(all('full').flatMap(({ id }) => [firstWord(id), id]))];
}

/** `ours` stands for all variants of it: `ours, global fetch`. */
function isChosen(contender: string, chosen: readonly string[] | undefined): boolean {
  return chosen?.some((name) => contender === name || contender.startsWith(`${name},`)) ?? true;
}

function firstWord(id: string): string {
  return id.split(' ', 1)[0] ?? id;
}

function all(mode: Mode): readonly Scenario[] {
  return [
    ...smallSpans(mode),
    steadyCalls(mode),
    flatOut(mode),
    oneAtATime(mode),
    ...largeSpans(mode),
    hugeSpans(mode),
    ...someFail(mode),
    memory(mode),
    ...growth(mode),
    ...recordedRuns(mode),
    ...storms(mode),
    failingRoot(mode),
    poison(mode),
    options(mode),
    coldStart(mode),
    ...naturalBatching(mode),
  ];
}
