/**
 * A schedule as plain data: who calls what, when, and what goes wrong. It follows from a seed, and
 * can be cut down: whatever is left out leaves a schedule that still makes sense.
 */
import type { Fault } from '../../src/testing/index.ts';

/** How a call names what it is about. `result`: the agent awaits it first. */
export type How = 'reference' | 'id' | 'result';

/** What becomes of an item whenever the server meets it. */
export type Fate =
  | 'refused'
  | 'passes once'
  | 'passes twice'
  | 'never passes'
  | 'poison 400'
  | 'poison 422'
  | 'poison 500'
  | 'poison drop';

/** What `beforeEnqueue` does when it is asked for a call. */
export type HookAct = 'leaves out' | 'redacts' | 'throws' | 'rejects' | 'calls';

/** What every call may have. */
export interface CallTerms {
  readonly fate?: Fate | undefined;
  readonly abortAfterMs?: number | undefined;
  /** The caller gives the key, so that the call can be repeated. */
  readonly hasOwnKey?: boolean | undefined;
  readonly hook?: HookAct | undefined;
}

/** One step of an agent. Slots are names of what was made, for all agents. */
export type Step =
  | ({ readonly do: 'register'; readonly slot: number; readonly hasOwnId: boolean } & CallTerms)
  | ({
      readonly do: 'start' | 'end' | 'quality';
      readonly of: number;
      readonly how: How;
    } & CallTerms)
  | ({
      readonly do: 'create';
      readonly slot: number;
      readonly of: number;
      readonly parent: number | undefined;
      readonly how: How;
      readonly isActive: boolean;
      readonly payloadBytes: number;
    } & CallTerms)
  | ({ readonly do: 'finish'; readonly of: number; readonly how: How } & CallTerms)
  /** Creates a span with the id of another one. */
  | ({ readonly do: 'recreate'; readonly of: number } & CallTerms)
  /** Finishes a span that another client made. */
  | ({ readonly do: 'finish foreign'; readonly index: number } & CallTerms)
  | ({
      readonly do: 'submit';
      readonly makes: number | undefined;
      readonly changes: number | undefined;
      readonly uses: readonly number[];
    } & CallTerms)
  /** Repeats the call with an own key that was made as the so many-th. */
  | { readonly do: 'again'; readonly index: number; readonly abortAfterMs?: number | undefined }
  /** Two calls with one key that ask for different things. */
  | { readonly do: 'clash'; readonly of: number }
  | { readonly do: 'invalid'; readonly slot: number; readonly of: number }
  | {
      readonly do: 'execute';
      readonly items: number;
      readonly fate?: Fate | undefined;
      readonly abortAfterMs?: number | undefined;
    }
  | { readonly do: 'terminate'; readonly of: number }
  | { readonly do: 'flush'; readonly timeoutMs: number | undefined; readonly isAwaited: boolean }
  | { readonly do: 'ready' }
  | { readonly do: 'close'; readonly timeoutMs: number }
  /** The page goes away, and comes back. */
  | { readonly do: 'hide' }
  | { readonly do: 'wait'; readonly ms: number };

/** A fault of the network or the server, for the so many-th request. */
export interface PlannedFault {
  readonly at: number;
  readonly fault: Fault;
  /** `Retry-After` as an HTTP date, so many seconds after the request. */
  readonly retryAfterDateS?: number | undefined;
  /** It is held up on the way for so long, and gets there also when nobody waits for it any more. */
  readonly heldUpMs?: number | undefined;
  /** The answer says whose token it was. */
  readonly echoes?: boolean | undefined;
  /** What becomes of the answer on its way. */
  readonly answer?: SpoiltAnswer | undefined;
}

/** One of its outputs, by a number from 0 up to 1, is replaced; or all of it is more than anybody reads. */
export type SpoiltAnswer =
  | { readonly kind: 'malformed'; readonly place: number; readonly output: unknown }
  | { readonly kind: 'large' };

export interface PlannedOptions {
  readonly window: 'tick' | number | 'function';
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly concurrency: number;
  readonly maxWaitMs: number;
  readonly onSkipped: 'requeue' | 'reject';
  readonly ids: 'client' | 'server';
  readonly queueItems: number;
  readonly queueBytes: number;
  readonly retry: {
    readonly limit: number;
    readonly minDelayMs: number;
    readonly maxDelayMs: number;
    readonly maxPauseMs: number;
  };
  readonly attemptTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly token: 'fixed' | 'function';
}

export interface PlannedServer {
  /** Round trip, at least and at most, in milliseconds. */
  readonly latencyMs: readonly [number, number];
  readonly itemMs: number;
  readonly maxItems: number | undefined;
  readonly maxBytes: number | undefined;
  readonly maxInFlight: number | undefined;
  readonly maxPerSecond: number | undefined;
  readonly storeErrors: boolean;
  /** What a key gets that has run before: the answer of that time, or `idempotency_key_already_used`. */
  readonly repeats: 'replay' | 'refuse';
  /** How outputs stand in an answer: they are an unordered map (docs/internals/api.md, "Outputs"). */
  readonly outputs: 'in order' | 'reversed';
}

export interface Plan {
  readonly seed: number;
  readonly options: PlannedOptions;
  readonly server: PlannedServer;
  /** By the number of the request. */
  readonly faults: readonly PlannedFault[];
  /** What the token function does instead of giving the token, by the number of its call. */
  readonly tokenFaults: readonly { readonly at: number; readonly what: 'throws' | 'is stale' }[];
  /** Times in which nothing gets through, in milliseconds since the start. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** When the process stops, in milliseconds since the start, and for how long; the server goes on. */
  readonly freezes: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly agents: readonly (readonly Step[])[];
}

/** Without anything to do, there is no hook. */
export function hasHook({ agents }: Plan): boolean {
  return agents.some((steps) => steps.some((step) => 'hook' in step && step.hook !== undefined));
}

/** Spans that another client made. */
export const FOREIGN_SPANS = 3;

/** All tokens begin like this. */
export const TOKEN_SIGN = 'token-that-nobody-sees';

export function tokenOf(seed: number): string {
  return `${TOKEN_SIGN}-${seed}`;
}
