import type { Item, SendState } from '../items/item.ts';
import type { Batch } from '../ports/sender.ts';
import type { FixedBatch } from './bisection.ts';

/** A request under way. */
export interface RequestInFlight {
  readonly number: number;
  readonly items: readonly Item[];
  readonly bytes: number;
  /** What it carries, where its caller has packed it. */
  readonly packed: Batch | undefined;
  /** Places that it left empty since it was cut. */
  readonly empty: number;
  readonly leftAt: number;
  readonly sending: SendState;
  /** Requests that were in flight when it came back, itself included. */
  together: number;
  /** Usable answers that the engine had seen when it left. */
  readonly answersBefore: number;
  readonly isProbe: boolean;
  /** A ping was answered just before it left. */
  readonly hasPing: boolean;
  /** It outlives the process. */
  readonly outlives: boolean;
  /** Where its items are a part of a batch that failed as a whole. */
  readonly fixed: FixedBatch | undefined;
}
