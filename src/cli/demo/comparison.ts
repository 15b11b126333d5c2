import type { Ledger } from '../../index.ts';
import type { Seen } from '../../replay/emulator-process.ts';
import type { Replayed } from '../../replay/tally.ts';
import { balances } from '../terminal/books.ts';
import { amount } from '../terminal/figures.ts';

/** One replay, as its caller and as its server saw it. */
export interface Replay extends Seen {
  readonly replayed: Replayed;
  readonly ms: number;
  /** Of the state in which its server ended. */
  readonly digest: string;
}

export function tableOf(oneByOne: Replay, batched: Replay): string {
  const times = (measure: (replay: Replay) => number): string => {
    const factor = measure(oneByOne) / measure(batched);
    return `${factor.toFixed(factor < 10 ? 1 : 0)} times`;
  };
  const row = (label: string, value: (replay: Replay) => string, note = ''): string => {
    const cells = [value(oneByOne), value(batched)].map((text) => text.padStart(16));
    return `${label.padEnd(20)}${cells.join('')}   ${note}`.trimEnd();
  };
  return [
    row('', (replay) => (replay === batched ? 'batched' : 'call by call')),
    row('calls', ({ replayed }) => amount(replayed.actions)),
    row('succeeded', ({ replayed }) => amount(replayed.succeeded)),
    row(
      'requests',
      ({ requests }) => amount(requests),
      `${times(({ requests }) => requests)} fewer`,
    ),
    row('calls per request', ({ replayed, requests }) => (replayed.actions / requests).toFixed(1)),
    row('time', ({ ms }) => `${(ms / 1000).toFixed(2)} s`, `${times(({ ms }) => ms)} faster`),
    row('body bytes', ({ bytes }) => `${(bytes / 1000).toFixed(0)} kB`),
  ].join('\n');
}

/** What should not be, as sentences. */
export function problemsOf(
  oneByOne: Replay,
  batched: Replay,
  ledger: Ledger | undefined,
): readonly string[] {
  return [
    ...ownProblemsOf('call by call', oneByOne),
    ...ownProblemsOf('batched', batched),
    ...(oneByOne.digest === batched.digest ? [] : ['The two servers ended in different states.']),
    ...(ledger === undefined || !balances(ledger) ? ['The books do not balance.'] : []),
  ];
}

export function verdictOf(ledger: Ledger | undefined): string {
  const books = Object.entries(ledger ?? {})
    .filter(([column, calls]) => calls > 0 || column === 'succeeded')
    .map(([column, calls]) => `${column} ${amount(calls)}`);
  return `Both servers ended in the same state, and the books balance: ${books.join(', ')}.`;
}

function ownProblemsOf(label: string, { replayed, breaches, doubled }: Replay): readonly string[] {
  const { actions, succeeded, errors } = replayed;
  return [
    ...(succeeded === actions ? [] : [`${label}: ${amount(actions - succeeded)} calls failed.`]),
    ...errors.map((error) => `${label}: ${error}`),
    ...breaches.slice(0, 3).map((breach) => `${label}: breach: ${breach}`),
    ...(doubled === 0 ? [] : [`${label}: ${amount(doubled)} actions took effect more than once.`]),
  ];
}
