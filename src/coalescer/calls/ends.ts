/** How an item ends, and what that says to each of the calls that wait for it. */
import type { Item, OtherCaller } from '../items/item.ts';
import type { LeftBy } from '../items/retry-state.ts';
import type { Cause, Reason } from '../ports/reason.ts';
import type { Verdict } from '../ports/verdict.ts';

/** What an output says to the other callers of its item, by their promises. */
export type OtherVerdicts = ReadonlyMap<Promise<unknown>, Verdict<unknown>>;

/** How an item ends. */
export type End<Failure> =
  | {
      readonly kind: 'succeeded';
      readonly item: Item;
      readonly value: unknown;
      /** What the answer says to the item's other callers. */
      readonly others?: OtherVerdicts | undefined;
      /** The id of what the item made, as the answer has it. */
      readonly id: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly item: Item;
      readonly reason: Reason<Failure>;
      /** What it was to make is there already: those who need it go on by its id. */
      readonly exists?: boolean;
      /** With it, refusals begin to look as if all calls will be refused alike. */
      readonly systemic?: boolean;
    };

export type Succeeded<Failure> = Extract<End<Failure>, { kind: 'succeeded' }>;
export type Failed<Failure> = Extract<End<Failure>, { kind: 'failed' }>;

/** How a call ends. */
export type CallEnd<Failure> =
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed' | 'left'; readonly reason: Reason<Failure> };

/** One of an item's callers has left it. */
export interface Departure<Failure> {
  readonly kind: 'left';
  /** It fires no `failure`. */
  readonly isQuiet: boolean;
  readonly item: Item;
  readonly caller: OtherCaller;
  readonly reason: Reason<Failure>;
}

/** Callers who share an item are answered each by their own reader. */
export function endFor<Failure>(
  end: End<Failure> | Departure<Failure>,
  promise: Promise<unknown> | undefined,
): CallEnd<Failure> {
  if (end.kind !== 'succeeded' || end.others === undefined) return end;
  const verdict = promise && end.others.get(promise);
  if (verdict === undefined) return end;
  switch (verdict.kind) {
    case 'success':
      return { kind: 'succeeded', value: verdict.value };
    case 'error':
    case 'malformed': {
      // To the item it was a success: only this caller cannot make sense of it.
      const problem = 'malformed output';
      return {
        kind: 'failed',
        reason: { kind: 'contract', problem, output: undefined, maybeApplied: true },
      };
    }
    default:
      return verdict satisfies never;
  }
}

/** The failure that started it all, where one failure follows from another. */
export function causeOf<Failure>({ item: { key }, reason }: Failed<Failure>): Cause<Failure> {
  if (reason.kind !== 'dependency' || reason.because === 'other id') return { key, reason };
  return reason.because;
}

/** What the end of an unwanted item is for those who need what it was to make: its callers left it. */
export function reasonToDrop<Failure>({ extras, maybeApplied }: Item): Reason<Failure> {
  const why = extras?.retryState?.left as LeftBy<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
