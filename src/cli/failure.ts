/** What ends a command, as one sentence for the person at the terminal: no stack, no class. */
export class CommandFailure extends Error {
  /** See `exitCodes`. */
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number = exitCodes.failed) {
    super(sentence);
    this.exitCode = exitCode;
  }

  override get name(): string {
    return 'CommandFailure';
  }
}

/** What the process says to scripts; `--help` and docs/reference/command-line.md tell it to people. */
export const exitCodes = {
  /** All went well: of `send`, every action succeeded. */
  ok: 0,
  /** Something failed, and the output says what. */
  failed: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** Ended by Ctrl-C, as a shell has it: 128 and the signal's number. */
  interrupted: 130,
} as const;
