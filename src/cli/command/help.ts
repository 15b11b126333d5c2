import type { OptionTable } from './arguments.ts';

/** The parts of a command's help. */
export interface HelpTexts {
  readonly name: string;
  /** The first paragraph. */
  readonly about: string;
  /** The file that the command takes. @default it takes none */
  readonly file?: { readonly usage: 'FILE' | '[FILE]'; readonly help: string };
  readonly options: OptionTable;
  /** Printed after the options as it is, without wrapping. */
  readonly notes?: string;
  readonly exitCodes: string;
  /** Shell commands. */
  readonly examples: readonly string[];
}

/** Characters in a line. */
const WIDTH = 100;
/** An option with a longer label has its help on the next line. */
const MAX_LABEL = 22;

export function helpOf(texts: HelpTexts): string {
  const { name, about, file, options, notes, exitCodes, examples } = texts;
  const usage = [
    name,
    ...(file === undefined ? [] : [file.usage]),
    ...(Object.keys(options).length === 0 ? [] : ['[OPTIONS]']),
  ];
  return [
    ...wrapped(about, WIDTH),
    '',
    `Usage: prefactor-autobatch ${usage.join(' ')}`,
    '',
    ...argumentLines(texts),
    ...(notes === undefined ? [] : [notes, '']),
    ...wrapped(`Exit codes: ${exitCodes}`, WIDTH),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** A row for the file and for each option, in two columns. */
function argumentLines({ file, options }: HelpTexts): string[] {
  const rows = [
    ...(file === undefined ? [] : [{ label: 'FILE', text: file.help, heading: undefined }]),
    ...Object.entries(options).map(([name, { value, help, fallback, heading }]) => ({
      label: value === undefined ? `--${name}` : `--${name} ${value}`,
      text: value === undefined || fallback === undefined ? help : `${help} (${fallback})`,
      heading,
    })),
  ];
  const lengths = rows.map(({ label }) => label.length).filter((length) => length <= MAX_LABEL);
  const column = Math.max(...lengths) + 4;
  const all = rows.flatMap(({ label, text, heading }) => {
    const lines = wrapped(text, WIDTH - column).map((line) => ' '.repeat(column) + line);
    const [first = ''] = label.length > MAX_LABEL ? [''] : lines.splice(0, 1);
    return [
      ...(heading === undefined ? [] : ['', `${heading}:`]),
      `  ${label}${first.slice(label.length + 2)}`,
      ...lines,
    ];
  });
  return all.length === 0 ? [] : [...all, ''];
}

function wrapped(text: string, width: number): string[] {
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
