/**
 * The engine for any bulk API: `prefactor-autobatch/coalescer`.
 *
 * Pass a `send` that makes one attempt at a request, and submit items with a key, a text and what they depend on. The
 * engine decides which items are sent together, in which order, and what each caller gets.
 */
export type { Clock } from '../../lib/clock.ts';
export type { Listener } from '../../lib/events.ts';
export type { Ledger } from '../calls/ledger.ts';
export type { Stats } from '../coalescer.ts';
export type { DispatchReason, EngineEvents, SentOutcome } from '../ports/events.ts';
export type { CoalescerOptions, QueueBounds, RetrySettings, Schedule } from '../ports/options.ts';
export type {
  DependencyCause,
  FailedItem,
  FailedOutput,
  LastAttempt,
  Reason,
  ToError,
  ToRecord,
} from '../ports/reason.ts';
export { RejectedError } from '../ports/rejected-error.ts';
export type {
  Batch,
  FailureDescription,
  Outputs,
  Ping,
  Reply,
  Send,
  SendOptions,
} from '../ports/sender.ts';
export type { Name, NewItem, TextWithHoles } from '../ports/submission.ts';
export type { Verdict } from '../ports/verdict.ts';
export type { ServerStats } from '../server/server-health.ts';
export { CheckedCoalescer as Coalescer } from './checked-coalescer.ts';
