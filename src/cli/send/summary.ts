import type { Ledger, Stats } from '../../index.ts';
import type { Seen } from '../../replay/emulator-process.ts';
import { amount, bytes, duration } from '../terminal/figures.ts';
import { printableLine } from '../terminal/printable.ts';
import type { FailureKind, Tally } from './tally.ts';

/** What `send --json` prints. Times are in milliseconds, sizes in bytes. */
export interface Summary {
  readonly file: string;
  readonly apiUrl: string;
  readonly emulated: boolean;
  /** False where it was interrupted, or the file could not be read to its end. */
  readonly complete: boolean;
  readonly actions: number;
  readonly succeeded: number;
  /** Those whose keys the API knows already. */
  readonly sentBefore: number;
  readonly failed: number;
  /** Lines that no call could be made of. */
  readonly badLines: number;
  /** Lines that were not sent, since they need what a bad line was to make. */
  readonly needBadLines: number;
  /** Lines left out with a parent that is missing, as `--missing-parents skip` says. */
  readonly skipped: number;
  /** What was made and not ended. */
  readonly leftOpen: LeftOpen;
  /** The file of `--failed`, and how many lines it has. */
  readonly failedLines?: { readonly file: string; readonly count: number };
  readonly requests: number;
  readonly meanBatchSize: number;
  /** Of all request bodies. */
  readonly bytes: number;
  readonly wallMs: number;
  readonly actionsPerSecond: number;
  /** From a call to its end; null where none has ended. */
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
  readonly ledger: Ledger;
  readonly failures: readonly FailureKind[];
  /** What else went wrong, as sentences. */
  readonly problems: readonly string[];
}

interface LeftOpen {
  readonly runs: number;
  readonly spans: number;
}

export interface Sending {
  readonly file: string;
  readonly apiUrl: string;
  readonly emulated: boolean;
  readonly tally: Tally;
  readonly leftOpen: LeftOpen;
  readonly failedLines: Summary['failedLines'] | undefined;
  readonly stats: Stats;
  readonly wallMs: number;
  readonly seen: Seen | undefined;
  /** Why it ended before its time, where it did. */
  readonly cut: string | undefined;
  readonly problem: string | undefined;
}

export function summaryOf(sending: Sending): Summary {
  const { file, apiUrl, emulated, tally, leftOpen, failedLines, stats, wallMs, cut } = sending;
  return {
    file,
    apiUrl,
    emulated,
    complete: cut === undefined,
    actions: tally.actions,
    succeeded: tally.succeeded,
    sentBefore: tally.sentBefore,
    failed: tally.failed,
    badLines: tally.badLines,
    needBadLines: tally.needBadLines,
    skipped: tally.skipped,
    leftOpen,
    ...(failedLines !== undefined && { failedLines }),
    requests: stats.requests,
    meanBatchSize: stats.meanBatchSize,
    bytes: stats.bytes,
    wallMs,
    actionsPerSecond: wallMs === 0 ? 0 : (tally.actions / wallMs) * 1_000,
    latencyMs: { p50: tally.latencyMs(50) ?? null, p99: tally.latencyMs(99) ?? null },
    ledger: stats.ledger,
    failures: tally.failures,
    problems: [
      ...[cut, sending.problem].filter((problem) => problem !== undefined),
      ...(cut === undefined && tally.actions + tally.badLines === 0
        ? ['There was no action in it.']
        : []),
      ...seenProblemsOf(sending.seen),
    ],
  };
}

/** For people. */
export function textOf(summary: Summary): string {
  const { file, emulated, apiUrl, failures, failedLines, problems } = summary;
  return [
    `${file === '-' ? 'Standard input' : file} to ${emulated ? 'the emulator' : apiUrl}`,
    '',
    ...rowsOf(summary),
    ...failures.flatMap((failure) => ['', ...failureLines(failure)]),
    ...(failedLines === undefined || failedLines.count === 0
      ? []
      : ['', `${amount(failedLines.count)} lines to be sent again: ${failedLines.file}`]),
    ...(problems.length > 0 ? ['', ...problems] : []),
    '',
  ].join('\n');
}

function rowsOf(summary: Summary): string[] {
  return [
    row(
      'actions',
      amount(summary.actions),
      `${amount(summary.succeeded)} succeeded`,
      some(summary.sentBefore, 'sent before'),
      some(summary.failed, 'failed'),
      some(summary.badLines, 'bad line', 'bad lines'),
      some(summary.needBadLines, 'line that needs them', 'lines that need them'),
      some(summary.skipped, 'left out'),
    ),
    row(
      'requests',
      amount(summary.requests),
      `${summary.meanBatchSize.toFixed(1)} items in each`,
      bytes(summary.bytes),
    ),
    row(
      'time',
      duration(summary.wallMs),
      `${amount(Math.round(summary.actionsPerSecond))} actions/s`,
    ),
    row('latency', latencyOf(summary.latencyMs)),
    row('books', booksOf(summary.ledger)),
    ...leftOpenRow(summary.leftOpen),
  ];
}

function row(label: string, ...parts: readonly (string | undefined)[]): string {
  return `${label.padEnd(12)}${parts.filter((part) => part !== undefined).join(', ')}`;
}

function latencyOf({ p50, p99 }: Summary['latencyMs']): string {
  return p50 === null || p99 === null ? 'none' : `p50 ${duration(p50)}, p99 ${duration(p99)}`;
}

/** Undefined where there are none. */
function some(count: number, one: string, many = one): string | undefined {
  return count > 0 ? `${amount(count)} ${count === 1 ? one : many}` : undefined;
}

function leftOpenRow({ runs, spans }: LeftOpen): string[] {
  if (runs + spans === 0) return [];
  return [row('left open', some(runs, 'run', 'runs'), some(spans, 'span', 'spans'))];
}

function failureLines({ kind, apiCode, isConsequence, count, examples }: FailureKind): string[] {
  const more = count - examples.length;
  const why = isConsequence ? ', for want of what failed above' : '';
  return [
    `${amount(count)} x ${kind}${apiCode === undefined ? '' : ` (${printableLine(apiCode)})`}${why}`,
    ...examples.flatMap(({ line, type, run, span, message, errors, causes = [] }) => {
      const names = [
        ...(type === undefined ? [] : [type]),
        ...(run === undefined ? [] : [`run ${JSON.stringify(run)}`]),
        ...(span === undefined ? [] : [`span ${JSON.stringify(span)}`]),
      ];
      return [
        `  ${[`line ${amount(line)}`, ...names].join(', ')}: ${printableLine(message)}`,
        ...(errors === undefined ? [] : [`    ${JSON.stringify(errors)}`]),
        ...(isConsequence ? [] : causes.map((cause) => `    ${printableLine(cause)}`)),
      ];
    }),
    ...(more > 0 ? [`  and ${amount(more)} more`] : []),
  ];
}

function booksOf({ accepted, declined, ...columns }: Ledger): string {
  const parts = Object.entries(columns).filter(
    ([name, calls]) => calls > 0 || name === 'succeeded',
  );
  const sum = parts.map(([name, calls]) => `${name} ${amount(calls)}`).join(' + ');
  return `accepted ${amount(accepted)} = ${sum}${declined > 0 ? `; declined ${amount(declined)}` : ''}`;
}

function seenProblemsOf(seen: Seen | undefined): readonly string[] {
  if (seen === undefined) return [];
  return [
    ...seen.breaches
      .slice(0, 3)
      .map((breach) => `The emulator saw a breach of the API's rules: ${breach}.`),
    ...seen.unknownFields
      .slice(0, 3)
      .map((field) => `The API drops a field that it does not know (${field}).`),
    ...(seen.doubled > 0 ? [`${amount(seen.doubled)} actions took effect more than once.`] : []),
  ];
}
