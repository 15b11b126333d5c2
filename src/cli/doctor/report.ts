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

const shown: Readonly<Record<Verdict, string>> = {
  ok: 'ok',
  different: 'DIFFERENT',
  problem: 'problem',
  unknown: 'unknown',
};
const width = Math.max(...Object.values(shown).map(({ length }) => length));

export function lineOf({ verdict, question, answer }: Answered): string {
  return `${shown[verdict].padEnd(width)}  ${question} ${answer}\n`;
}

export function reportOf(
  answers: readonly Answered[],
  about: {
    readonly host: string;
    readonly at: Date;
    readonly wrote: boolean;
    readonly complete: boolean;
  },
): Report {
  const { host, at, wrote, complete } = about;
  const count = (verdict: Verdict): number =>
    answers.filter((answered) => answered.verdict === verdict).length;
  return {
    version: VERSION,
    node: process.version,
    host,
    at: at.toISOString(),
    wrote,
    complete,
    verdicts: {
      ok: count('ok'),
      different: count('different'),
      problem: count('problem'),
      unknown: count('unknown'),
    },
    answers,
  };
}

/** In Markdown, to be put into an issue. */
export function markdownOf({
  version,
  node,
  host,
  at,
  wrote,
  complete,
  verdicts,
  answers,
}: Report): string {
  const counts = Object.entries(verdicts).map(([verdict, times]) => `${times} ${verdict}`);
  return [
    `## prefactor-autobatch doctor: ${host}`,
    '',
    `Version ${version}, Node ${node}, ${at}${wrote ? '' : ', reading only'}${complete ? '' : ', interrupted'}: ${counts.join(', ')}.`,
    '',
    '| verdict | question | answer | wire.md |',
    '| --- | --- | --- | --- |',
    ...answers.map(({ verdict, question, answer, section }) => {
      const cells = [shown[verdict], question, answer, section].map(cell);
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** A server's words must not become markup. */
function cell(text: string): string {
  return text.replaceAll(/[\\|`<*[\]]/g, (character) => `\\${character}`);
}
