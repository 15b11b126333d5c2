/** What the doctor prints: a line for each answer, and the report at the end. */
import { VERSION } from '../../lib/version.ts';
import type { Answered, FindingKind } from './questions/question-finding.ts';

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
  readonly findings: Readonly<Record<FindingKind, number>>;
  readonly answers: readonly Answered[];
}

function shown(finding: FindingKind): string {
  return finding === 'different' ? 'DIFFERENT' : finding;
}

export function lineOf({ finding, question, answer }: Answered): string {
  return `${shown(finding).padEnd('DIFFERENT'.length)}  ${question} ${answer}\n`;
}

export function reportOf(
  answers: readonly Answered[],
  { host, wrote, complete }: Pick<Report, 'host' | 'wrote' | 'complete'>,
): Report {
  const findings = { ok: 0, different: 0, problem: 0, unknown: 0 };
  for (const { finding } of answers) findings[finding]++;
  const at = new Date().toISOString();
  const { version: node } = process;
  return { version: VERSION, node, host, at, wrote, complete, findings, answers };
}

/** In Markdown, for an issue. */
export function markdownOf(report: Report): string {
  const { version, node, host, at, wrote, complete, findings, answers } = report;
  const counts = Object.entries(findings).map(([finding, times]) => `${times} ${finding}`);
  return [
    `## prefactor-autobatch doctor: ${host}`,
    '',
    `Version ${version}, Node ${node}, ${at}${wrote ? '' : ', reading only'}${complete ? '' : ', interrupted'}: ${counts.join(', ')}.`,
    '',
    '| finding | question | answer |',
    '| --- | --- | --- |',
    ...answers.map(({ finding, question, answer }) => {
      const cells = [shown(finding), question, answer].map(cell);
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** Text from a server must not become markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|`<*[\]]/g, (character) => `\\${character}`);
}
