import type { Ledger } from '../../index.ts';
import type { Seen } from '../../replay/emulator-process.ts';
import { serverProblems } from '../../replay/emulator-process.ts';
import type { ReplayResult } from '../../replay/replay-result.ts';
import { amount } from '../terminal/figures.ts';
import { balances } from '../terminal/ledger-line.ts';

/** One replay, as its caller and as its server saw it. */
export interface Replay extends ReplayResult {
  readonly ms: number;
  readonly seen: Seen;
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
  const requests = ({ seen }: Replay): number => seen.requests;
  return [
    row('', (replay) => (replay === batched ? 'batched' : 'call by call')),
    row('calls', ({ actions }) => amount(actions)),
    row('succeeded', ({ succeeded }) => amount(succeeded)),
    row('requests', (replay) => amount(requests(replay)), `${times(requests)} fewer`),
    row('calls per request', (replay) => (replay.actions / requests(replay)).toFixed(1)),
    row('time', ({ ms }) => `${(ms / 1000).toFixed(2)} s`, `${times(({ ms }) => ms)} faster`),
    row('body bytes', ({ seen }) => `${(seen.bytes / 1000).toFixed(0)} kB`),
  ].join('\n');
}

/** Differences and faults, as sentences. */
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

function ownProblemsOf(label: string, replay: Replay): readonly string[] {
  const { actions, succeeded, errors, seen } = replay;
  const problems = [
    ...(succeeded === actions ? [] : [`${amount(actions - succeeded)} calls failed.`]),
    ...errors.map(String),
    ...serverProblems(seen),
  ];
  return problems.map((problem) => `${label}: ${problem}`);
}
