// Finds the TypeScript programs in a Markdown text. The info string of a fence says what it is:
//   ts            a program of its own: checked and run
//   ts no-run     only checked
//   ts continue   appended to the ts fence before it
// Fences of other languages are text for people.

export interface Program {
  /** The line of its first fence, from 1. */
  readonly line: number;
  readonly run: boolean;
  /** Every line of code stands at the line that it has in the Markdown, so errors point there. */
  readonly code: string;
}

export function findPrograms(markdown: string): readonly Program[] {
  const programs: { line: number; run: boolean; lines: string[] }[] = [];
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
    open = { end: new RegExp(`^\\s*${marks[0]}{${marks.length},}\\s*$`), indent, into: undefined };
    const [language, ...words] = info.trim().split(/\s+/);
    if (language === 'typescript')
      throw new Error(`line ${line}: write "ts", so that it is checked`);
    if (language !== 'ts') return;
    for (const word of words) {
      if (word !== 'no-run' && word !== 'continue') {
        throw new Error(`line ${line}: "${word}" is neither no-run nor continue`);
      }
    }
    let program = words.includes('continue') ? programs.at(-1) : undefined;
    if (!program) {
      if (words.includes('continue')) throw new Error(`line ${line}: no ts fence to continue`);
      program = { line, run: !words.includes('no-run'), lines: [] };
      programs.push(program);
    }
    open.into = program.lines;
  });
  if (open) throw new Error('the last fence is never closed');

  return programs.map(({ line, run, lines }) => ({
    line,
    run,
    code: `${Array.from(lines, (code) => code ?? '').join('\n')}\nexport {};\n`,
  }));
}
