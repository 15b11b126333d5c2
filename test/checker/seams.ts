/** Where a mutant may sit: between the client and those who watch it. */
import type { Ledger } from '../../src/index.ts';
import type { Call, Outcome } from './calls.ts';

export interface Seams {
  /** A body as it leaves. */
  readonly request: (body: string) => string;
  /** A body as it comes back. */
  readonly answer: (body: string) => string;
  /** What a caller is told; undefined: nothing, ever. */
  readonly outcome: (call: Call, outcome: Outcome) => Outcome | undefined;
  readonly ledger: (ledger: Ledger) => Ledger;
}

/** No mutant. */
export const PLAIN: Seams = {
  request: (body) => body,
  answer: (body) => body,
  outcome: (_, outcome) => outcome,
  ledger: (ledger) => ledger,
};
