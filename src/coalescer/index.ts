/**
 * The engine's door: what the client uses of it, and all that anybody outside may import. Nothing is
 * checked here that the client has checked before; `library.ts` is the engine for everybody else.
 */
export type { CoalescerPorts, CoalescerSettings } from './assembly.ts';
export type { About, ExecuteOptions } from './calls/intake.ts';
export type { Ledger } from './calls/ledger.ts';
export { emptyLedger } from './calls/ledger.ts';
export { Coalescer } from './coalescer.ts';
export type { DispatchReason, Emitter, EngineEvents } from './ports/events.ts';
export { engineEvents } from './ports/events.ts';
export type {
  Answer,
  Batch,
  Blame,
  Cause,
  KeyClaim,
  Last,
  Name,
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
} from './ports/ports.ts';
export type { ServerStats, Stats } from './server/stats.ts';
