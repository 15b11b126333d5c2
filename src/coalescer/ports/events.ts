/** What the engine tells its listeners. They only watch: nothing that they do changes a step. */

/**
 * Why a request leaves. `full`: its batch is full. `idle`: no other is in flight. `aged`: its oldest item has waited
 * long enough. `requeue`: it holds skipped items. `bisect`: it is a half of a batch that failed as a whole. `packed`:
 * its caller has packed it. `flush`, `close`: that was called. `probe`: it finds out whether an outage or a pause is
 * over. `outlive`: it is to outlive the process that sends it.
 */
export type DispatchReason =
  | 'full'
  | 'idle'
  | 'aged'
  | 'requeue'
  | 'bisect'
  | 'packed'
  | 'flush'
  | 'close'
  | 'probe'
  | 'outlive';

/** What became of an item that was sent. `returned`: it went back to its place in the queue. */
export type SentOutcome = 'succeeded' | 'failed' | 'returned';

export interface EngineEvents {
  /** A request leaves. */
  dispatch: {
    /** From 1 on, in the order in which requests leave. */
    readonly number: number;
    readonly items: number;
    readonly bytes: number;
    readonly reason: DispatchReason;
    /** Lists the keys of its items, in their order. */
    readonly keys: () => readonly string[];
  };
  /** A request came back, or failed to. */
  response: {
    /** That of its `dispatch`. */
    readonly number: number;
    /** From the sender; undefined if no answer came. */
    readonly status: number | undefined;
    readonly durationMs: number;
    readonly succeeded: number;
    readonly failed: number;
    /** Items that went back to their places in the queue. */
    readonly returned: number;
    /** Outputs for keys that were not asked for; they are ignored. */
    readonly unasked: number;
    /** What went wrong, in words; undefined if it was answered. */
    readonly cause: string | undefined;
    /**
     * Lists what became of its items, in the order of the `keys` of its `dispatch`.
     */
    readonly outcomes: () => readonly SentOutcome[];
  };
  /** An item that the server did not reach goes back to its place. */
  requeue: { readonly key: string; readonly type: string; readonly becauseOf: string };
  /** An item goes back for another attempt. */
  retry: {
    /** Undefined for a packed batch. */
    readonly key: string | undefined;
    readonly type: string;
    /** Requests that have carried it. */
    readonly attempts: number;
    /** Zero if it waits for the circuit breaker, as all do. */
    readonly delayMs: number;
    readonly reason: 'lost' | 'unsent' | 'transient' | 'missing';
  };
  /** Nothing leaves for so long, because the server asked for a pause. */
  pause: { readonly ms: number; readonly status: number };
  /**
   * Three attempts in a row had no usable answer, or one failed in a way that a retry will hardly mend. Emitted once,
   * until a `recovery`.
   */
  outage: {
    /** What went wrong last, in words. */
    readonly cause: string;
    /** Calls that are pending. */
    readonly waiting: number;
  };
  /** A usable answer has come after an outage. */
  recovery: {
    /** Milliseconds since the first attempt that failed. */
    readonly durationMs: number;
  };
  /** A call was rejected. */
  failure: {
    readonly error: unknown;
    /** Undefined for a packed batch. */
    readonly key: string | undefined;
    readonly type: string;
    /** Set once, when all calls seem to be refused. */
    readonly systemic?: true | undefined;
  };
  /** Nothing is pending any more. */
  idle: Record<never, never>;
}

export const engineEvents: Readonly<Record<keyof EngineEvents, true>> = {
  dispatch: true,
  response: true,
  requeue: true,
  retry: true,
  pause: true,
  outage: true,
  recovery: true,
  failure: true,
  idle: true,
};

/**
 * Passes events on. The engine emits within a step and delivers at its end, when the ledger balances. No method
 * throws.
 */
export interface Emitter {
  /** False if nothing was emitted since the last delivery. */
  readonly hasUndelivered?: boolean;
  /**
   * The events that have listeners. It is looked at for frequent events, and for those that cost something to make.
   */
  readonly observed: { readonly [Name in keyof EngineEvents]?: boolean };
  emit<Name extends keyof EngineEvents>(name: Name, detail: EngineEvents[Name]): void;
  /**
   * Whether a listener of that event is running. A call that it makes, and that is rejected at once, fires no
   * `failure`: otherwise a listener that makes a call for each failure would never end.
   * @default false
   */
  isDelivering?(name: keyof EngineEvents): boolean;
  deliver(): void;
}

export const silentEmitter: Emitter = {
  hasUndelivered: false,
  observed: {},
  emit: () => {},
  deliver: () => {},
};
