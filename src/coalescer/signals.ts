/**
 * Follows the signals of callers: one listener for each signal, however many calls share it, since
 * each listener that a signal has makes adding the next one slower.
 */
export class Signals {
  readonly #followers = new Map<AbortSignal, Set<() => void>>();

  /** Calls back when the signal fires. Returns what ends that. */
  follow(signal: AbortSignal, onAbort: () => void): () => void {
    let followers = this.#followers.get(signal);
    if (followers === undefined) {
      followers = new Set();
      this.#followers.set(signal, followers);
      signal.addEventListener('abort', this.#tell, { once: true });
    }
    followers.add(onAbort);
    return () => this.#leave(signal, onAbort);
  }

  #leave(signal: AbortSignal, onAbort: () => void): void {
    const followers = this.#followers.get(signal);
    if (followers === undefined) return;
    followers.delete(onAbort);
    if (followers.size > 0) return;
    this.#followers.delete(signal);
    signal.removeEventListener('abort', this.#tell);
  }

  readonly #tell = ({ target }: Event): void => {
    const signal = target as AbortSignal;
    // One may take others with it: those leave the set, and are not told any more.
    for (const onAbort of this.#followers.get(signal) ?? []) onAbort();
    this.#followers.delete(signal);
  };
}
