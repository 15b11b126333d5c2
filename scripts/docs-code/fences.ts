// Finds in a Markdown text what can be checked. The info string of a fence says what it is:
//   ts                    a program of its own: checked and run
//   ts no-run             only checked
//   ts node-24            checked, and run where Node is 24 or later
//   ts continue           appended to the ts fence before it
//   sh run                commands, run where the package is installed
//   sh no-run             commands for people: what needs a registry, or a clone
//   json                  one value, or one a line: parsed
//   text output           what the sample before it prints, to the letter
//   text output figures   the same, figures apart (printed.ts)
// Fences of other languages, and text alone, are for people.

export interface Sample {
  readonly language: 'ts' | 'sh' | 'json';
  /** The line of its first fence, from 1. */
  readonly line: number;
  /** The oldest Node that runs it; undefined: none does. */
  readonly node: number | undefined;
  /** Every line of code stands at the line that it has in the Markdown, so errors point there. */
  readonly code: string;
  readonly output: Output | undefined;
}

export interface Output {
  readonly text: string;
  readonly figures: boolean;
}

interface Draft extends Omit<Sample, 'code' | 'output'> {
  readonly lines: string[];
  output?: { readonly lines: string[]; readonly figures: boolean };
}

export function findSamples(markdown: string): readonly Sample[] {
  const drafts: Draft[] = [];
  let open: { end: RegExp; indent: string; into: string[] | undefined } | undefined;

  markdown.split(/\r?\n/).forEach((text, index) => {
    const line = index + 1;
    if (open) {
      if (open.end.test(text)) open = undefined;
      // A fence within a list is indented as the list is.
      else if (open.into)
        open.into[index] = text.startsWith(open.indent) ? text.slice(open.indent.length) : text;
      return;
    }
    const [, indent = '', marks, info = ''] = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/.exec(text) ?? [];
    if (!marks) return;
    let into: string[] | undefined;
    try {
      into = destination(info.trim(), line, drafts);
    } catch (error) {
      throw new Error(`line ${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
    open = { end: new RegExp(`^\\s*${marks[0]}{${marks.length},}\\s*$`), indent, into };
  });
  if (open) throw new Error('the last fence is never closed');
  return drafts.map(sampleOf);
}

const SHELLS = ['bash', 'console', 'shell', 'zsh'];

/** Where the lines of a fence go: into a new sample, or one before it; undefined: they are for people. */
function destination(info: string, line: number, drafts: Draft[]): string[] | undefined {
  const [language = '', ...words] = info.split(/\s+/);
  const mode = words.join(' ');
  if (language === 'typescript') throw new Error('write "ts", so that it is checked');
  if (SHELLS.includes(language)) throw new Error('write "sh", so that it is checked');
  switch (language) {
    case 'ts':
      if (mode === 'continue') return continued(drafts);
      return added(drafts, { language, line, node: oldestNode(mode) });
    case 'sh':
      if (mode !== 'run' && mode !== 'no-run') throw new Error('write "sh run" or "sh no-run"');
      return added(drafts, { language, line, node: mode === 'run' ? 0 : undefined });
    case 'json':
      if (mode !== '') throw new Error(`"${mode}" is no mark of json`);
      return added(drafts, { language, line, node: undefined });
    case 'text':
      if (mode === '') return undefined;
      if (mode === 'output') return outputOf(drafts, false);
      if (mode === 'output figures') return outputOf(drafts, true);
      throw new Error(`"${mode}" is neither output nor output figures`);
    default:
      return undefined;
  }
}

function oldestNode(mode: string): number | undefined {
  if (mode === '') return 0;
  if (mode === 'no-run') return undefined;
  const [, major] = /^node-(\d+)$/.exec(mode) ?? [];
  if (major === undefined) throw new Error(`"${mode}" is none of no-run, node-N and continue`);
  return Number(major);
}

function added(drafts: Draft[], draft: Omit<Draft, 'lines' | 'output'>): string[] {
  const lines: string[] = [];
  drafts.push({ ...draft, lines });
  return lines;
}

function continued(drafts: readonly Draft[]): string[] {
  const program = drafts.findLast(({ language }) => language === 'ts');
  if (!program) throw new Error('no ts fence to continue');
  if (program.output) throw new Error('the output of what it continues stands before it');
  return program.lines;
}

function outputOf(drafts: readonly Draft[], figures: boolean): string[] {
  const sample = drafts.at(-1);
  if (!sample || sample.node === undefined) throw new Error('no sample before it is run');
  if (sample.output) throw new Error('the sample before it has its output already');
  sample.output = { lines: [], figures };
  return sample.output.lines;
}

function sampleOf({ lines, output, ...sample }: Draft): Sample {
  const code = Array.from(lines, (text) => text ?? '').join('\n');
  return {
    ...sample,
    code: sample.language === 'ts' ? `${code}\nexport {};\n` : `${code}\n`,
    output: output && {
      text: output.lines.filter((text) => text !== undefined).join('\n'),
      figures: output.figures,
    },
  };
}
