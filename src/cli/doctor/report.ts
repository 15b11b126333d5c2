/** What the doctor prints: a line for each answer, and the report at the end. */
import { VERSION } from '../../lib/version.ts';
import type { Answered, Verdict } from './questions/finding.ts';

/** What `doctor --json` prints. */
export interface Report {
  readonly version: string;
  readonly node: string;
  /** Of the API's URL; nothing else of the account is in a report. */
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Whether `--write` was given. */
  readonly wrote: boolean;
  /** False where it was interrupted. */
  readonly complete: boolean;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly answers: readonly Answered[];
}

/** Loud where it matters. */
function shown(verdict: Verdict): string {
  return verdict === 'different' ? 'DIFFERENT' : verdict;
}

export function lineOf({ verdict, question, answer }: Answered): string {
  return `${shown(verdict).padEnd('DIFFERENT'.length)}  ${question} ${answer}\n`;
}

export function reportOf(
  answers: readonly Answered[],
  about: Pick<Report, 'host' | 'at' | 'wrote' | 'complete'>,
): Report {
  const verdicts = { ok: 0, different: 0, problem: 0, unknown: 0 };
  for (const { verdict } of answers) verdicts[verdict]++;
  return { version: VERSION, node: process.version, ...about, verdicts, answers };
}

/** In Markdown, to be put into an issue. */
export function markdownOf(report: Report): string {
  const { version, node, host, at, wrote, complete, verdicts, answers } = report;
  const counts = Object.entries(verdicts).map(([verdict, times]) => `${times} ${verdict}`);
  return [
    `## prefactor-autobatch doctor: ${host}`,
    '',
    `Version ${version}, Node ${node}, ${at}${wrote ? '' : ', reading only'}${complete ? '' : ', interrupted'}: ${counts.join(', ')}.`,
    '',
    '| verdict | question | answer |',
    '| --- | --- | --- |',
    ...answers.map(({ verdict, question, answer }) => {
      const cells = [shown(verdict), question, answer].map(cell);
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** The words of a server must not become markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|`<*[\]]/g, (character) => `\\${character}`);
}
