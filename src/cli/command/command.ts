import type { Readable } from 'node:stream';
import type { Stream, TextOutput } from '../terminal/printable.ts';
import type { OptionTable } from './arguments.ts';

/** A command of `prefactor-autobatch`. */
export interface Command {
  readonly name: string;
  /** Half a sentence for the list of commands. */
  readonly summary: string;
  readonly options: OptionTable;
  /** All that `--help` prints. Ends in a line break. */
  readonly help: string;
  /**
   * Gives the exit code. Rejects with a `CommandFailure` where a sentence says all.
   *
   * @param args What stands after the command's name.
   */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** The process around a command; handed in, so that tests can be it. */
export interface Surroundings {
  readonly stdin: Readable;
  /** For results. */
  readonly stdout: TextOutput;
  /** For progress and for what went wrong. */
  readonly stderr: TextOutput;
  /** `stderr` as it is: for what moves its cursor, and holds no word of anybody else's. */
  readonly screen: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C, or when the process is told to end; its reason is the name of the signal. */
  readonly interrupted: AbortSignal;
}

/** What the process has of it. */
export type Process = Omit<Surroundings, 'stdout' | 'stderr' | 'screen'> & {
  readonly stdout: Stream;
  readonly stderr: Stream;
};
