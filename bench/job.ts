/** What the runner asks of a process of its own, and what comes back. */
import type { Rest } from './contenders/contender.ts';
import type { ContenderName } from './contenders/index.ts';
import type { SpanKind } from './contenders/span.ts';

export interface Job {
  readonly contender: ContenderName;
  readonly inFlight: number;
  readonly rest?: Rest | undefined;
  readonly load: Load;
}

export type Load =
  | Burst
  | Steady
  | { readonly kind: 'one at a time'; readonly calls: number }
  | { readonly kind: 'pending'; readonly calls: number }
  | { readonly kind: 'cascade'; readonly descendants: number }
  | { readonly kind: 'cold start' }
  | { readonly kind: 'recording'; readonly file: string };

/** All calls as fast as the loop can make them, in turns. */
export interface Burst {
  readonly kind: 'burst';
  readonly calls: number;
  /** Calls between two looks at the network. */
  readonly perTurn: number;
  /** Of a span. */
  readonly bytes: number;
  readonly spans: SpanKind;
  /** Who makes the keys. @default 'client' */
  readonly keys?: 'client' | 'caller';
  /** Calls made, and waited for, before the measured ones. @default none */
  readonly warmUp?: number;
  readonly marked?: Marked;
}

/** Calls that fail, chosen by a fixed seed. */
export type Marked =
  | { readonly marker: 'fail'; readonly count: number }
  /** The first call of each so many, moved about by the seed. */
  | { readonly marker: 'poison'; readonly every: number };

/** So many calls a second, whatever comes back. */
export interface Steady {
  readonly kind: 'steady';
  readonly callsPerSecond: number;
  /** As in a burst. */
  readonly warmUp?: number;
  readonly seconds: number;
  /** How long the last calls may take; what has not settled then, has not settled in time. */
  readonly graceMs: number;
}

/** What one process measured in one round. */
export interface Measured {
  readonly called: number;
  /** Calls that ended as they should: the marked ones rejected, all others resolved. */
  readonly settled: number;
  /** User and system time of the process. */
  readonly cpuMs: number;
  /** From the first call to the last settlement. */
  readonly ms: number;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly bytesPerCall?: number;
  /** Of the heap, once all has settled and was collected. */
  readonly bytesLeftPerCall?: number;
  /** The part of it in the old generation. */
  readonly oldBytesLeftPerCall?: number;
  /** For a contender that does not tell what settled: the server knows. */
  readonly isUntold?: boolean;
  /** The first few that were not expected. */
  readonly errors: readonly string[];
}

/** What a process has the runner tell the server; `report` begins its counts anew. */
export type Command = 'report' | 'hold' | 'release';

/** What a process says while it runs. */
export type Message =
  | { readonly kind: 'tell'; readonly command: Command }
  | { readonly kind: 'measured'; readonly measured: Measured }
  | { readonly kind: 'failed'; readonly message: string };
