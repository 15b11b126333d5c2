/** A call that follows the signal of its caller. */
export interface Follower<Of> {
  /** Undefined where it follows no more. */
  followed: Followed<Of> | undefined;
  /** Undefined until the call has been entered. */
  of: Of | undefined;
  /** The signal fired before that. */
  early: { readonly reason: unknown } | undefined;
  /** Its neighbours among those that follow the same signal. */
  previous: Follower<Of> | undefined;
  next: Follower<Of> | undefined;
}

/** A signal that calls follow, most of them one: so they are linked, and need no set. */
interface Followed<Of> {
  readonly signal: AbortSignal;
  readonly listener: () => void;
  first: Follower<Of> | undefined;
  last: Follower<Of> | undefined;
}

/**
 * Follows the signals of callers: one listener for each signal, however many calls share it, since
 * each listener that a signal has makes adding the next one slower. A signal may be anything that looks
 * like one, and may call back: only `follow` and `letGo` touch it, neither of them within a step.
 */
export class Signals<Of> {
  readonly #followed = new Map<AbortSignal, Followed<Of>>();
  /** Signals that nobody follows any more, and that are listened to still. */
  deserted: Followed<Of>[] = [];
  readonly #onAbort: (followers: readonly Of[], reason: unknown) => void;

  /** `onAbort` is told once of all that follow a signal that fires. */
  constructor(onAbort: (followers: readonly Of[], reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Follows a signal from now on. Throws what the signal throws. */
  follow(signal: AbortSignal): Follower<Of> {
    const follower: Follower<Of> = {
      followed: undefined,
      of: undefined,
      early: undefined,
      previous: undefined,
      next: undefined,
    };
    if (signal.aborted) {
      follower.early = { reason: signal.reason };
      return follower;
    }
    const followed = this.#followed.get(signal);
    if (followed === undefined) {
      this.#listen(signal, follower);
    } else {
      follower.followed = followed;
      follower.previous = followed.last;
      if (followed.last === undefined) followed.first = follower;
      else followed.last.next = follower;
      followed.last = follower;
    }
    return follower;
  }

  #listen(signal: AbortSignal, follower: Follower<Of>): void {
    const followed: Followed<Of> = {
      signal,
      listener: () => this.#fired(followed),
      first: follower,
      last: follower,
    };
    follower.followed = followed;
    // First, since it may fire while it is asked to be listened to.
    this.#followed.set(signal, followed);
    try {
      signal.addEventListener('abort', followed.listener);
    } catch (error) {
      this.#followed.delete(signal);
      throw error;
    }
  }

  /** Ends the following. The signal itself is let go when the step is over. */
  leave(follower: Follower<Of>): void {
    const { followed, previous, next } = follower;
    if (followed === undefined) return;
    follower.followed = undefined;
    if (previous === undefined) followed.first = next;
    else previous.next = next;
    if (next === undefined) followed.last = previous;
    else next.previous = previous;
    if (followed.first === undefined) this.deserted.push(followed);
  }

  /** Ends listening to the signals that nobody follows any more. */
  letGo(): void {
    const { deserted } = this;
    this.deserted = [];
    for (const followed of deserted) {
      const { signal, listener, first } = followed;
      // It may have found a new follower meanwhile, or have been let go already.
      if (first !== undefined || this.#followed.get(signal) !== followed) continue;
      this.#followed.delete(signal);
      try {
        signal.removeEventListener('abort', listener);
      } catch {
        // What only looks like a signal may not know how. The listener tells nobody any more.
      }
    }
  }

  #fired({ signal, first }: Followed<Of>): void {
    const reason = reasonOf(signal);
    const entered: Of[] = [];
    for (let follower = first; follower !== undefined; follower = follower.next) {
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
