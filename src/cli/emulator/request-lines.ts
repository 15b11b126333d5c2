/** What the emulator prints. */
import type { AnsweredRequest, EmulatorReport } from '../../testing/index.ts';
import { amount, bytes, some, table } from '../terminal/figures.ts';
import { printableLine } from '../terminal/printable.ts';

const BREACHES_SHOWN = 10;

export function introOf(url: string, token: string): string {
  return `The emulator listens at

  ${url}

In the shell of a client:

  export PREFACTOR_API_URL=${url}
  export PREFACTOR_API_TOKEN=${token}

Ctrl-C ends it.

`;
}

/** A line for a request, and one below it for each unknown field and each breach of the contract. */
export function lineOf(answered: AnsweredRequest, at: Date): string {
  const { route, status, ms, faults, unknownFields, breaches } = answered;
  const parts = [
    timeOf(at),
    route,
    String(status),
    ...(answered.items > 0 ? [itemsOf(answered)] : []),
    bytes(answered.bytes),
    `${amount(Math.round(ms))} ms`,
    ...(faults.length > 0 ? [`fault: ${faults.join(', ')}`] : []),
  ];
  const lines = [
    parts.join('  '),
    ...unknownFields.map((field) => `  unknown field: ${printableLine(field)}`),
    ...breaches.map((breach) => `  breach: ${printableLine(breach)}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function summaryOf(report: EmulatorReport): string {
  const { requests, items, replays, unknownFields, breaches, faults } = report;
  const fired = Object.entries(faults).map(([kind, times]) => `${kind} ${amount(times)}`);
  const more = breaches.length - BREACHES_SHOWN;
  return [
    '',
    ...table(10, [
      ['requests', amount(requests.all), `${amount(requests.bulk)} bulk`, bytes(report.bytes)],
      ['items', amount(items), `${amount(replays)} answered from the store`],
      ['faults', ...(fired.length > 0 ? fired : ['none'])],
      ...(unknownFields.length > 0 ? [['unknown', `${amount(unknownFields.length)} fields`]] : []),
      ['breaches', breaches.length > 0 ? amount(breaches.length) : 'none'],
    ]),
    ...breaches.slice(0, BREACHES_SHOWN).map((breach) => `  ${printableLine(breach)}`),
    ...(more > 0 ? [`  and ${amount(more)} more`] : []),
    '',
  ].join('\n');
}

/** `100 items: 36 succeeded, 1 failed, 63 skipped`; if none ran, only their number. */
function itemsOf({ items, succeeded, replayed, failed, skipped }: AnsweredRequest): string {
  const count = `${amount(items)} ${items === 1 ? 'item' : 'items'}`;
  const stored = replayed > 0 ? ` (${amount(replayed)} from the store)` : '';
  const became = [
    ...some(succeeded, `succeeded${stored}`),
    ...some(failed, 'failed'),
    ...some(skipped, 'skipped'),
  ];
  return became.length === 0 ? count : `${count}: ${became.join(', ')}`;
}

/** The local time: 15:00:04.326. */
function timeOf(at: Date): string {
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
