/**
 * The engine as the client uses it, and all that code outside may import. It checks nothing that the client has
 * checked; the engine for others is `standalone/index.ts`.
 */

export type { DeclinedCall } from './calls/intake.ts';
export type { Ledger } from './calls/ledger.ts';
export type { ExecuteOptions, Stats } from './coalescer.ts';
export { Coalescer } from './coalescer.ts';
export type { DispatchReason, Emitter, EngineEvents, SentOutcome } from './ports/events.ts';
export { engineEvents } from './ports/events.ts';
export type { CoalescerOptions, Schedule } from './ports/options.ts';
export { completeRetry } from './ports/options.ts';
export type {
  DependencyCause,
  FailedItem,
  LastAttempt,
  Reason,
  ToError,
  ToRecord,
} from './ports/reason.ts';
export type {
  Batch,
  FailureDescription,
  PackedAnswer,
  PackedItems,
  Ping,
  Reply,
  Send,
  SendOptions,
} from './ports/sender.ts';
export type { KeyClaim, Name, Submission } from './ports/submission.ts';
export type { Read, Verdict } from './ports/verdict.ts';
export type { ServerStats } from './server/server-health.ts';
