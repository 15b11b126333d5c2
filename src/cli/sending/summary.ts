import type { Stats } from '../../index.ts';
import { amount, bytes, duration, some, table } from '../terminal/figures.ts';
import { ledgerLine } from '../terminal/ledger.ts';
import { printableLine } from '../terminal/printable.ts';
import type { Counts, FailureGroup, Tally } from './tally.ts';

/** What `send --json` prints. Times are in milliseconds, sizes in bytes. */
export interface Summary
  extends Readonly<Counts>,
    Pick<Stats, 'requests' | 'meanBatchSize' | 'bytes' | 'ledger'> {
  readonly file: string;
  readonly apiUrl: string;
  readonly emulated: boolean;
  /** False where it was interrupted, or the file could not be read to its end. */
  readonly complete: boolean;
  /** What was made and not ended. */
  readonly leftOpen: { readonly runs: number; readonly spans: number };
  /** The file of `--failed`, and how many lines it has. */
  readonly failedLines?: { readonly file: string; readonly count: number };
  readonly wallMs: number;
  readonly actionsPerSecond: number;
  /** From a call to its end; null where none has ended. */
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
  readonly failures: readonly FailureGroup[];
  /** What else went wrong, as sentences. */
  readonly problems: readonly string[];
}

export interface SummaryParts
  extends Pick<Summary, 'file' | 'apiUrl' | 'emulated' | 'leftOpen' | 'failedLines' | 'wallMs'> {
  readonly tally: Tally;
  readonly stats: Stats;
  /** Why it ended before its time, where it did. */
  readonly cut: string | undefined;
  /** Other sentences for `problems`. */
  readonly problems: readonly string[];
}

export function summaryOf({ tally, stats, cut, problems, ...parts }: SummaryParts): Summary {
  const { file, apiUrl, emulated, wallMs, ...left } = parts;
  const { requests, meanBatchSize, bytes, ledger } = stats;
  const { actions, badLines } = tally.counts;
  const isEmpty = cut === undefined && actions + badLines === 0;
  return {
    file,
    apiUrl,
    emulated,
    complete: cut === undefined,
    ...tally.counts,
    ...left,
    requests,
    meanBatchSize,
    bytes,
    wallMs,
    actionsPerSecond: wallMs === 0 ? 0 : (actions / wallMs) * 1_000,
    latencyMs: { p50: tally.latencyMs(50), p99: tally.latencyMs(99) },
    ledger,
    failures: tally.failures,
    problems: [
      ...(cut === undefined ? [] : [cut]),
      ...(isEmpty ? ['There was no action in it.'] : []),
      ...(tally.needUnknownIds === 0 ? [] : [unknownIdsProblem(tally.needUnknownIds)]),
      ...problems,
    ],
  };
}

function unknownIdsProblem(count: number): string {
  return `${amount(count)} actions need ids of what was sent before, which the API does not tell, since it refuses keys that were used: they may have been sent then, or not. If their runs lack them, --again WORD sends everything once more, as new runs.`;
}

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

function rowsOf(summary: Summary): readonly string[] {
  const { wallMs, actionsPerSecond, latencyMs, leftOpen } = summary;
  const { p50, p99 } = latencyMs;
  const open = [...some(leftOpen.runs, 'run', 'runs'), ...some(leftOpen.spans, 'span', 'spans')];
  return table(12, [
    [
      'actions',
      amount(summary.actions),
      `${amount(summary.succeeded)} succeeded`,
      ...some(summary.sentBefore, 'sent before'),
      ...some(summary.failed, 'failed'),
      ...some(summary.badLines, 'bad line', 'bad lines'),
      ...some(summary.needBadLines, 'line that needs them', 'lines that need them'),
      ...some(summary.skipped, 'left out'),
    ],
    [
      'requests',
      amount(summary.requests),
      `${summary.meanBatchSize.toFixed(1)} items in each`,
      bytes(summary.bytes),
    ],
    ['time', duration(wallMs), `${amount(Math.round(actionsPerSecond))} actions/s`],
    [
      'latency',
      p50 === null || p99 === null ? 'none' : `p50 ${duration(p50)}, p99 ${duration(p99)}`,
    ],
    ['books', ledgerLine(summary.ledger)],
    ...(open.length === 0 ? [] : [['left open', ...open]]),
  ]);
}

function failureLines({ kind, apiCode, isConsequence, count, examples }: FailureGroup): string[] {
  const more = count - examples.length;
  const why = isConsequence ? ', for want of what failed above' : '';
  return [
    `${amount(count)} x ${kind}${apiCode === undefined ? '' : ` (${printableLine(apiCode)})`}${why}`,
    ...examples.flatMap(({ line, type, run, span, message, errors, causes = [] }) => {
      const names = [
        `line ${amount(line)}`,
        ...(type === undefined ? [] : [type]),
        ...(run === undefined ? [] : [`run ${JSON.stringify(run)}`]),
        ...(span === undefined ? [] : [`span ${JSON.stringify(span)}`]),
      ];
      return [
        `  ${names.join(', ')}: ${printableLine(message)}`,
        ...(errors === undefined ? [] : [`    ${JSON.stringify(errors)}`]),
        ...(isConsequence ? [] : causes.map((cause) => `    ${printableLine(cause)}`)),
      ];
    }),
    ...(more > 0 ? [`  and ${amount(more)} more`] : []),
  ];
}
