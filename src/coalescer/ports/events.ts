/** What the engine tells its listeners. They only watch; nothing that they do changes a step. */

/**
 * Why a request leaves: `full`, its batch is; `idle`, nothing else is in flight; `aged`, its oldest
 * item has waited long enough; `requeue`, it holds skipped items; `bisect`, it is a part of a batch
 * that failed as a whole; `packed`, its caller has packed it; `flush` and `close`, somebody waits for it; `probe`, the server does not answer, and this is the one request that tries;
 * `outlive`, it is to outlive the process that sends it.
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
    /** As the sender names it; undefined where no answer came. */
    readonly status: number | undefined;
    readonly durationMs: number;
    readonly succeeded: number;
    readonly failed: number;
    /** Back at their places in the queue. */
    readonly returned: number;
    /** Outputs for keys that were not asked; they are ignored. */
    readonly unasked: number;
    /** What went wrong, in words; undefined where it was answered. */
    readonly cause: string | undefined;
  };
  /** An item that the server did not reach goes back to its place. */
  requeue: { readonly key: string; readonly type: string; readonly becauseOf: string };
  /** An item goes back for another attempt. */
  retry: {
    /** Undefined for a batch that its caller has packed. */
    readonly key: string | undefined;
    readonly type: string;
    /** Requests that have carried it. */
    readonly attempts: number;
    /** Zero where it waits for the server to answer again, as all do. */
    readonly delayMs: number;
    readonly reason: 'lost' | 'unsent' | 'transient' | 'missing';
  };
  /** Nothing leaves for so long: the server asked for it. */
  pause: { readonly ms: number; readonly status: number };
  /**
   * Nothing usable has come three times in a row, or what went wrong will hardly mend by itself. Told
   * once, until a `recovery`.
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
    /** Undefined for a batch that its caller has packed. */
    readonly key: string | undefined;
    readonly type: string;
    /** Set once when refusals begin to look as if all calls will be refused alike. */
    readonly systemic?: true | undefined;
  };
  /** Nothing is pending any more. */
  idle: Record<never, never>;
}

/** All of their names. */
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
 * Passes events on. The engine emits within a step and delivers at its end, so that listeners find
 * the books balanced. Nothing of it throws.
 */
export interface Emitter {
  /** False: nothing was emitted since it was delivered last, so that has not to be done. */
  readonly hasPending?: boolean;
  /** The events of which somebody hears; looked at where they are frequent, or cost something to make. */
  readonly observed: { readonly [Name in keyof EngineEvents]?: boolean };
  emit<Name extends keyof EngineEvents>(name: Name, detail: EngineEvents[Name]): void;
  /**
   * Whether a listener of that event is being called. A call made meanwhile that is rejected at once
   * fires no `failure`: a listener that makes one for each failure would go round in circles.
   * @default false
   */
  isDelivering?(name: keyof EngineEvents): boolean;
  deliver(): void;
}

/** Tells nobody. */
export const silent: Emitter = {
  hasPending: false,
  observed: {},
  emit: () => {},
  deliver: () => {},
};
