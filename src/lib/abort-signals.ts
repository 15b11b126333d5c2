/** One call's interest in the signal of its caller. */
export interface AbortSubscription<Subscriber> {
  /** Undefined once it has ended, or where the signal had fired before. */
  signal: SharedSignal<Subscriber> | undefined;
  /** Undefined until the call has been entered. */
  subscriber: Subscriber | undefined;
  /** Set where the signal fired before that. */
  abortedEarly: { readonly reason: unknown } | undefined;
  /** Its neighbours among the subscriptions to the same signal. */
  previous: AbortSubscription<Subscriber> | undefined;
  next: AbortSubscription<Subscriber> | undefined;
}

/** A signal, and a linked list of its subscriptions: mostly one, for which a set would cost more. */
interface SharedSignal<Subscriber> {
  readonly target: AbortSignal;
  readonly listener: () => void;
  first: AbortSubscription<Subscriber> | undefined;
  last: AbortSubscription<Subscriber> | undefined;
}

/**
 * Adds one listener to each signal, however many calls share it, since each further listener makes adding the
 * next one slower. A signal may be any object that looks like one, and may call back: only `subscribe` and
 * `removeListeners` touch it, and neither is called within a step of the engine.
 */
export class AbortSignals<Subscriber> {
  readonly #shared = new Map<AbortSignal, SharedSignal<Subscriber>>();
  /** Signals without subscriptions whose listeners have not been removed yet. */
  unused: SharedSignal<Subscriber>[] = [];
  readonly #onAbort: (subscribers: readonly Subscriber[], reason: unknown) => void;

  /** `onAbort` is called once for all subscribers of a signal that fires. */
  constructor(onAbort: (subscribers: readonly Subscriber[], reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Throws what the signal throws. */
  subscribe(target: AbortSignal): AbortSubscription<Subscriber> {
    const subscription: AbortSubscription<Subscriber> = {
      signal: undefined,
      subscriber: undefined,
      abortedEarly: undefined,
      previous: undefined,
      next: undefined,
    };
    if (target.aborted) {
      subscription.abortedEarly = { reason: target.reason };
      return subscription;
    }
    const signal = this.#shared.get(target);
    if (signal === undefined) {
      this.#listen(target, subscription);
    } else {
      subscription.signal = signal;
      subscription.previous = signal.last;
      if (signal.last === undefined) signal.first = subscription;
      else signal.last.next = subscription;
      signal.last = subscription;
    }
    return subscription;
  }

  #listen(target: AbortSignal, subscription: AbortSubscription<Subscriber>): void {
    const signal: SharedSignal<Subscriber> = {
      target,
      listener: () => this.#fired(signal),
      first: subscription,
      last: subscription,
    };
    subscription.signal = signal;
    // First, since adding the listener may make it fire.
    this.#shared.set(target, signal);
    try {
      target.addEventListener('abort', signal.listener);
    } catch (error) {
      this.#shared.delete(target);
      throw error;
    }
  }

  /** The listener stays until `removeListeners`. */
  unsubscribe(subscription: AbortSubscription<Subscriber>): void {
    const { signal, previous, next } = subscription;
    if (signal === undefined) return;
    subscription.signal = undefined;
    if (previous === undefined) signal.first = next;
    else previous.next = next;
    if (next === undefined) signal.last = previous;
    else next.previous = previous;
    if (signal.first === undefined) this.unused.push(signal);
  }

  /** Removes the listeners of signals without subscriptions. */
  removeListeners(): void {
    const { unused } = this;
    this.unused = [];
    for (const signal of unused) {
      const { target, listener, first } = signal;
      // It may have a new subscription, or be in the list twice.
      if (first !== undefined || this.#shared.get(target) !== signal) continue;
      this.#shared.delete(target);
      try {
        target.removeEventListener('abort', listener);
      } catch {
        // An object that only looks like a signal may fail here. Its listener has no subscribers to call.
      }
    }
  }

  #fired({ target, first }: SharedSignal<Subscriber>): void {
    const reason = reasonOf(target);
    const entered: Subscriber[] = [];
    for (let subscription = first; subscription; subscription = subscription.next) {
      if (subscription.subscriber === undefined) subscription.abortedEarly = { reason };
      else entered.push(subscription.subscriber);
    }
    if (entered.length > 0) this.#onAbort(entered, reason);
  }
}

function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch (error) {
    return error;
  }
}
