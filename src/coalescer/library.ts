/**
 * The engine for any bulk API: `prefactor-autobatch/coalescer`.
 *
 * Give it a `send` that makes one attempt at a request, and submit items with a key, a text and what
 * they depend on. It decides what travels together, in which order, and what each caller gets.
 */
export type { Clock } from '../internal/clock.ts';
export type { Listener } from '../internal/events.ts';
export type { RetrySettings } from './backoff.ts';
export type { QueueBounds } from './bounds.ts';
export { CheckedCoalescer as Coalescer } from './checked-coalescer.ts';
export type { DispatchReason, EngineEvents } from './events.ts';
export type { Ledger } from './ledger.ts';
export type { NewItem, TextWithHoles } from './new-item.ts';
export type { CoalescerOptions } from './options.ts';
export type {
  Batch,
  Blame,
  Cause,
  Last,
  Name,
  Outputs,
  Ping,
  Reason,
  Reply,
  Schedule,
  Send,
  SendOptions,
  ToError,
  ToRecord,
  Trouble,
  Verdict,
} from './ports.ts';
export { RejectedError } from './rejected-error.ts';
export type { ServerStats, Stats } from './stats.ts';
