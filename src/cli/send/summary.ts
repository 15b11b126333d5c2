import type { Ledger, Stats } from '../../index.ts';
import { amount, bytes, duration } from '../figures.ts';
import type { Seen } from '../server/emulator-process.ts';
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
  readonly failed: number;
  readonly badLines: number;
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

export interface Sending {
  readonly file: string;
  readonly apiUrl: string;
  readonly emulated: boolean;
  readonly tally: Tally;
  readonly stats: Stats;
  readonly wallMs: number;
  readonly seen: Seen | undefined;
  /** Why it ended before its time, where it did. */
  readonly cut: string | undefined;
}

export function summaryOf(sending: Sending): Summary {
  const { file, apiUrl, emulated, tally, stats, wallMs, cut } = sending;
  return {
    file,
    apiUrl,
    emulated,
    complete: cut === undefined,
    actions: tally.actions,
    succeeded: tally.succeeded,
    failed: tally.failed,
    badLines: tally.badLines,
    requests: stats.requests,
    meanBatchSize: stats.meanBatchSize,
    bytes: stats.bytes,
    wallMs,
    actionsPerSecond: wallMs === 0 ? 0 : (tally.actions / wallMs) * 1_000,
    latencyMs: { p50: tally.latencyMs(50) ?? null, p99: tally.latencyMs(99) ?? null },
    ledger: stats.ledger,
    failures: tally.failures,
    problems: [
      ...(cut === undefined ? [] : [cut]),
      ...(cut === undefined && tally.actions + tally.badLines === 0
        ? ['There was no action in it.']
        : []),
      ...seenProblemsOf(sending.seen),
    ],
  };
}

/** For people. */
export function textOf(summary: Summary): string {
  const { actions, succeeded, failed, badLines, latencyMs, ledger, failures, problems } = summary;
  const row = (label: string, ...parts: readonly (string | undefined)[]): string =>
    `${label.padEnd(12)}${parts.filter((part) => part !== undefined).join(', ')}`;
  const latency = ({ p50, p99 }: Summary['latencyMs']): string =>
    p50 === null || p99 === null ? 'none' : `p50 ${duration(p50)}, p99 ${duration(p99)}`;
  return [
    `${summary.file === '-' ? 'Standard input' : summary.file} to ${summary.emulated ? 'the emulator' : summary.apiUrl}`,
    '',
    row(
      'actions',
      amount(actions),
      `${amount(succeeded)} succeeded`,
      failed > 0 ? `${amount(failed)} failed` : undefined,
      badLines > 0 ? `${amount(badLines)} bad lines` : undefined,
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
    row('latency', latency(latencyMs)),
    row('books', booksOf(ledger)),
    ...failures.flatMap((failure) => ['', ...failureLines(failure)]),
    ...(problems.length > 0 ? ['', ...problems] : []),
    '',
  ].join('\n');
}

function failureLines({ kind, apiCode, count, examples }: FailureKind): string[] {
  const more = count - examples.length;
  return [
    `${amount(count)} x ${kind}${apiCode === undefined ? '' : ` (${apiCode})`}`,
    ...examples.map(
      ({ line, type, message }) =>
        `  line ${amount(line)}${type === undefined ? '' : `, ${type}`}: ${message}`,
    ),
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
