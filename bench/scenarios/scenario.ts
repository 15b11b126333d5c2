import type { ContenderName } from '../contenders/index.ts';
import type { Job, Load } from '../job.ts';
import type { Column } from '../results.ts';
import type { ServerOptions } from '../server/process.ts';

/** `full` is worth quoting, `quick` is for a look, `smoke` only shows that all of it still runs. */
export type Mode = 'full' | 'quick' | 'smoke';

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly setting: string;
  readonly server: ServerOptions | 'emulator';
  readonly entries: readonly Entry[];
  /** What its table shows beside the contender. */
  readonly columns: readonly Column[];
  /** Only when it is asked for by name. */
  readonly isExtra?: boolean;
  readonly grid?: { readonly callsPerSecond: number; readonly rttMs: number };
}

export interface Entry {
  readonly label: string;
  readonly rounds: number;
  readonly job: Job;
  readonly leastRequests?: number | undefined;
  /** Not all of its calls settle in time, or as they should, and that is what is to be shown. */
  readonly mayFail?: boolean | undefined;
  readonly note?: string | undefined;
}

export type Sizes = Readonly<Record<Mode, number>>;

export function entry(
  contender: ContenderName,
  inFlight: number,
  rounds: number,
  load: Load,
  more: Partial<Pick<Entry, 'label' | 'leastRequests' | 'mayFail' | 'note'>> & {
    readonly rest?: Job['rest'];
  } = {},
): Entry {
  const { rest, ...others } = more;
  return { label: contender, rounds, job: { contender, inFlight, rest, load }, ...others };
}

/** What calls that have more are compared with, in the scenario that has them. */
export const PLAIN = 'ours, a plain call';

/** The label of one that may have 64 requests in flight. */
export function wide(contender: ContenderName): string {
  return `${contender}, 64 in flight`;
}

/** What a quick run leaves out. */
export function unlessQuick(mode: Mode, entries: readonly Entry[]): readonly Entry[] {
  return mode === 'quick' ? [] : entries;
}

/** How often each is measured: those that the goals are about more often than the dear ones. */
export function roundsIn(mode: Mode, full: number): number {
  return mode === 'full' ? full : 1;
}

export const LOCAL: ServerOptions = { rttMs: 0, rules: 'succeed' };

export const NO_RESULTS = 'tells nobody what became of a span';

export function count(value: number): string {
  return value.toLocaleString('en');
}
