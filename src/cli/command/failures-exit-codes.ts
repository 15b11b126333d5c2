import { constants } from 'node:os';

/** Ends a command with one sentence for the user, who sees no stack and no class. */
export class CommandFailure extends Error {
  /** See `exitCodes`. */
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number = exitCodes.failed) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

/** Listed in `--help` and in docs/reference/command-line.md. */
export const exitCodes = {
  ok: 0,
  /** Something failed, and the output says what. */
  failed: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
} as const;

/** The failure of a command line that is wrong. */
export function wrongUsage(command: string, sentence: string): CommandFailure {
  return new CommandFailure(
    `${sentence} See: prefactor-autobatch ${command} --help`,
    exitCodes.usage,
  );
}

/** The exit code of a command that was interrupted, as a shell has it: 130 for Ctrl-C. */
export function exitCodeOf({ reason }: AbortSignal): number {
  const { signals } = constants;
  return 128 + (signals[reason as keyof typeof signals] ?? signals.SIGINT);
}

export const INTERRUPTED = 'Interrupted before it was through.';

/** The failure of an interrupted command that has no summary to print. */
export function interruption(interrupted: AbortSignal): CommandFailure {
  return new CommandFailure(INTERRUPTED, exitCodeOf(interrupted));
}

/** The same promise, which rejects with a `CommandFailure` at once where the command is interrupted. */
export function unlessInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T> {
  const end = new Promise<never>((_, reject) => {
    whenAborted(interrupted, () => reject(interruption(interrupted)));
  });
  return Promise.race([work, end]);
}

export function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act);
}
