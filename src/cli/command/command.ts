import type { Readable } from 'node:stream';
import type { ScreenStream } from '../terminal/progress.ts';
import type { OptionTable, OptionValues } from './arguments.ts';
import { readArguments, wrongUsage } from './arguments.ts';
import type { HelpTexts } from './help.ts';

export interface Command extends HelpTexts {
  /** Half a sentence for the list of commands. */
  readonly summary: string;
  /**
   * Resolves to the exit code. Rejects with a `CommandFailure` when one sentence tells the user all there is to say.
   *
   * @param args What stands after the command's name.
   */
  execute(args: readonly string[], context: CommandContext): Promise<number>;
}

/** Makes text printable before it writes it. */
export interface TextOutput {
  write(text: string): void;
}

/** The process around a command; handed in, so that tests can replace it. */
export interface CommandContext {
  readonly stdin: Readable;
  /** For results. */
  readonly stdout: TextOutput;
  /** For progress and for what went wrong. */
  readonly stderr: TextOutput;
  /** `stderr` without the escaping: progress has to move the cursor. */
  readonly screen: ScreenStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C, or when the process is told to end; its reason is the name of the signal. */
  readonly interrupted: AbortSignal;
}

/** The arguments of a command, their checks and its help come from its definition. */
export function defineCommand<Options extends OptionTable>(
  definition: Omit<Command, 'execute'> & {
    readonly options: Options;
    execute(
      given: { readonly file: string | undefined; readonly options: OptionValues<Options> },
      context: CommandContext,
    ): Promise<number>;
  },
): Command {
  const { name, options, file } = definition;
  return {
    ...definition,
    async execute(args, context) {
      const { values, positionals } = readArguments(name, args, options);
      const [first, ...more] = positionals;
      if (file === undefined && first !== undefined) {
        throw wrongUsage(name, `It takes options only, not "${first}".`);
      }
      if (more.length > 0) throw wrongUsage(name, 'One file at a time.');
      return definition.execute({ file: first, options: values }, context);
    },
  };
}
