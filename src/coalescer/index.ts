/**
 * The engine for any bulk API: `prefactor-autobatch/coalescer`.
 *
 * Give it a `send` that makes one attempt at a request, and submit items with a key, a text and what
 * they depend on. It decides what travels together, in which order, and what each caller gets.
 */
export type { Clock } from '../internal/clock.ts';
export type { AttemptSettings } from './attempts.ts';
export type { RetrySettings } from './backoff.ts';
export type { QueueBounds } from './bounds.ts';
export { CheckedCoalescer as Coalescer } from './checked-coalescer.ts';
export type { CoalescerPorts, CoalescerSettings } from './coalescer.ts';
// The same without a look at what it is given, for a caller who has made sure: of a million calls a
// second, that look would be felt.
export { Coalescer as UncheckedCoalescer } from './coalescer.ts';
export type { DispatchSettings } from './dispatcher.ts';
export type { DispatchReason, Emitter, EngineEvents } from './events.ts';
export type { About, ExecuteOptions } from './intake.ts';
export type { Ledger } from './ledger.ts';
export type { BatchLimits, Envelope } from './packer.ts';
export type {
  Answer,
  Batch,
  Blame,
  Cause,
  KeyClaim,
  Last,
  Name,
  Outputs,
  Ping,
  Read,
  Reason,
  Reply,
  Schedule,
  Send,
  SendOptions,
  Submission,
  ToError,
  ToRecord,
  Trouble,
  Verdict,
} from './ports.ts';
export { RejectedError } from './rejected-error.ts';
export type { ServerStats, Stats } from './stats.ts';
