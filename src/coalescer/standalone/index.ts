/**
 * The engine for any bulk API: `prefactor-autobatch/coalescer`.
 *
 * Give it a `send` that makes one attempt at a request, and submit items with a key, a text and what
 * they depend on. It decides what travels together, in which order, and what each caller gets.
 */
export type { Clock } from '../../lib/clock.ts';
export type { Listener } from '../../lib/events.ts';
export type { Ledger } from '../calls/ledger.ts';
export { RejectedError } from '../calls/rejected-error.ts';
export type { DispatchReason, EngineEvents } from '../ports/events.ts';
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
} from '../ports/ports.ts';
export type { QueueBounds } from '../queue/bounds.ts';
export type { RetrySettings } from '../server/backoff.ts';
export type { ServerStats, Stats } from '../server/stats.ts';
export { CheckedCoalescer as Coalescer } from './coalescer.ts';
export type { NewItem, TextWithHoles } from './new-item.ts';
export type { CoalescerOptions } from './options.ts';
