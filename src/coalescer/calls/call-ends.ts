/** How an item ends, and what that means for each of its callers. */
import type { Item, LeftBy, OtherCaller } from '../items/item.ts';
import type { DependencyCause, Reason } from '../ports/reason.ts';
import type { Verdict } from '../ports/verdict.ts';

/** What an output says to the other callers of its item, by their promises. */
export type OtherVerdicts = ReadonlyMap<Promise<unknown>, Verdict<unknown>>;

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
      /** What it was to make is there already, so those that need it go on. */
      readonly exists?: boolean;
      /** The first sign that all calls will be refused alike. */
      readonly systemic?: boolean;
    };

export type Succeeded<Failure> = Extract<End<Failure>, { kind: 'succeeded' }>;
export type Failed<Failure> = Extract<End<Failure>, { kind: 'failed' }>;

export type CallEnd<Failure> =
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed' | 'left'; readonly reason: Reason<Failure> };

/** A caller has left its item. */
export interface Departure<Failure> {
  readonly kind: 'left';
  /** No `failure` event. */
  readonly isQuiet: boolean;
  readonly item: Item;
  readonly caller: OtherCaller;
  readonly reason: Reason<Failure>;
}

/** Callers of one item are each answered by their own reader. */
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
      // A success, which only this caller's reader cannot read.
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

/** The first failure, where one follows from another. */
export function causeOf<Failure>({
  item: { key },
  reason,
}: Failed<Failure>): DependencyCause<Failure> {
  if (reason.kind !== 'dependency' || reason.because === 'other id') return { key, reason };
  return reason.because;
}

/** Why an unwanted item ends, for those that need what it was to make: its callers have left it. */
export function reasonToDrop<Failure>({ extras, maybeApplied }: Item): Reason<Failure> {
  const why = extras?.retryState?.left as LeftBy<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
