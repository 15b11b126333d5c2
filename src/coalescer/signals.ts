/** A call that follows the signal of its caller. */
export interface Follower<Of> {
  readonly signal: AbortSignal;
  /** Undefined until the call has been entered. */
  of: Of | undefined;
  /** The signal fired before that. */
  early: { readonly reason: unknown } | undefined;
}

interface Followed<Of> {
  readonly followers: Set<Follower<Of>>;
  readonly listener: () => void;
}

/**
 * Follows the signals of callers: one listener for each signal, however many calls share it, since
 * each listener that a signal has makes adding the next one slower. A signal may be anything that looks
 * like one, and may call back: only `follow` and `letGo` touch it, neither of them within a step.
 */
export class Signals<Of> {
  readonly #followed = new Map<AbortSignal, Followed<Of>>();
  #deserted: AbortSignal[] = [];
  readonly #onAbort: (followers: readonly Of[], reason: unknown) => void;

  /** `onAbort` is told once of all that follow a signal that fires. */
  constructor(onAbort: (followers: readonly Of[], reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Follows a signal from now on. Throws what the signal throws. */
  follow(signal: AbortSignal): Follower<Of> {
    const follower: Follower<Of> = { signal, of: undefined, early: undefined };
    if (signal.aborted) {
      follower.early = { reason: signal.reason };
      return follower;
    }
    const followed = this.#followed.get(signal);
    if (followed === undefined) this.#listen(signal, follower);
    else followed.followers.add(follower);
    return follower;
  }

  #listen(signal: AbortSignal, follower: Follower<Of>): void {
    const listener = (): void => this.#fired(signal);
    // First, since it may fire while it is asked to be listened to.
    this.#followed.set(signal, { followers: new Set([follower]), listener });
    try {
      signal.addEventListener('abort', listener);
    } catch (error) {
      this.#followed.delete(signal);
      throw error;
    }
  }

  /** Ends the following. The signal itself is let go when the step is over. */
  leave(follower: Follower<Of>): void {
    const followed = this.#followed.get(follower.signal);
    if (followed?.followers.delete(follower) && followed.followers.size === 0) {
      this.#deserted.push(follower.signal);
    }
  }

  /** Ends listening to the signals that nobody follows any more. */
  letGo(): void {
    if (this.#deserted.length === 0) return;
    const deserted = this.#deserted;
    this.#deserted = [];
    for (const signal of deserted) {
      const followed = this.#followed.get(signal);
      // It may have found a new follower meanwhile.
      if (followed?.followers.size !== 0) continue;
      this.#followed.delete(signal);
      try {
        signal.removeEventListener('abort', followed.listener);
      } catch {
        // What only looks like a signal may not know how. The listener tells nobody any more.
      }
    }
  }

  #fired(signal: AbortSignal): void {
    const reason = reasonOf(signal);
    const entered: Of[] = [];
    for (const follower of this.#followed.get(signal)?.followers ?? []) {
      if (follower.of === undefined) follower.early = { reason };
      else entered.push(follower.of);
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
