import type { Readable } from 'node:stream';
import { nearest } from '../../lib/nearest.ts';
import type { ScreenStream } from '../terminal/progress.ts';
import type { OptionTable, OptionValues } from './arguments.ts';
import { readArguments } from './arguments.ts';
import { wrongUsage } from './failures-exit-codes.ts';

export interface Command {
  readonly name: string;
  /** Half a sentence for the list of commands. */
  readonly summary: string;
  /** The first paragraph of its help. */
  readonly about: string;
  /** The word that has to stand before the file. @default there is none */
  readonly word?: {
    readonly usage: string;
    readonly help: string;
    readonly words: readonly string[];
  };
  /** The file that the command takes. @default it takes none */
  readonly file?: { readonly usage: 'FILE' | '[FILE]'; readonly help: string };
  readonly options: OptionTable;
  /** Printed after the options as it is, without wrapping. */
  readonly notes?: string;
  readonly exitCodes: string;
  /** Shell commands. */
  readonly examples: readonly string[];
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
      given: {
        /** One of its `words`. */
        readonly word: string;
        readonly file: string | undefined;
        readonly options: OptionValues<Options>;
      },
      context: CommandContext,
    ): Promise<number>;
  },
): Command {
  const { name, options, file, word } = definition;
  return {
    ...definition,
    async execute(args, context) {
      const { values, positionals } = readArguments(name, args, options);
      const given = word === undefined ? '' : wordIn(name, word.words, positionals);
      const [first, ...more] = word === undefined ? positionals : positionals.slice(1);
      if (file === undefined && first !== undefined) {
        throw wrongUsage(name, `It takes options only, not "${first}".`);
      }
      if (more.length > 0) throw wrongUsage(name, 'One file at a time.');
      return definition.execute({ word: given, file: first, options: values }, context);
    },
  };
}

function wordIn(name: string, words: readonly string[], [given]: readonly string[]): string {
  const choice = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  if (given === undefined) throw wrongUsage(name, `Say which kind of file it is: ${choice}.`);
  if (words.includes(given)) return given;
  const meant = nearest(given, words);
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  throw wrongUsage(name, `The kind of file is ${choice}, not "${given}".${advice}`);
}

type HelpTexts = Omit<Command, 'summary' | 'execute'>;

/** Characters in a line. */
const HELP_WIDTH = 100;
/** An option with a longer label has its help on the next line. */
const MAX_HELP_LABEL = 22;

export function helpOf(command: HelpTexts): string {
  const { name, about, word, file, options, notes, exitCodes, examples } = command;
  const usage = [
    name,
    ...(word === undefined ? [] : [word.usage]),
    ...(file === undefined ? [] : [file.usage]),
    ...(Object.keys(options).length === 0 ? [] : ['[OPTIONS]']),
  ];
  return [
    ...wrappedHelp(about, HELP_WIDTH),
    '',
    `Usage: prefactor-autobatch ${usage.join(' ')}`,
    '',
    ...helpRows(command),
    ...(notes === undefined ? [] : [notes, '']),
    ...wrappedHelp(`Exit codes: ${exitCodes}`, HELP_WIDTH),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** A row for the file and for each option, in two columns. */
function helpRows({ word, file, options }: HelpTexts): string[] {
  const rows = [
    ...(word === undefined ? [] : [{ label: word.usage, text: word.help, heading: undefined }]),
    ...(file === undefined ? [] : [{ label: 'FILE', text: file.help, heading: undefined }]),
    ...Object.entries(options).map(([name, { value, help, fallback, heading }]) => ({
      label: value === undefined ? `--${name}` : `--${name} ${value}`,
      text: value === undefined || fallback === undefined ? help : `${help} (${fallback})`,
      heading,
    })),
  ];
  const lengths = rows
    .map(({ label }) => label.length)
    .filter((length) => length <= MAX_HELP_LABEL);
  const column = Math.max(...lengths) + 4;
  const all = rows.flatMap(({ label, text, heading }) => {
    const lines = wrappedHelp(text, HELP_WIDTH - column).map((line) => ' '.repeat(column) + line);
    const [first = ''] = label.length > MAX_HELP_LABEL ? [''] : lines.splice(0, 1);
    return [
      ...(heading === undefined ? [] : ['', `${heading}:`]),
      `  ${label}${first.slice(label.length + 2)}`,
      ...lines,
    ];
  });
  return all.length === 0 ? [] : [...all, ''];
}

function wrappedHelp(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
