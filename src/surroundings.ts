/** What a runtime may tell a client about its end; all of it optional, so always asked for. */
interface Surroundings {
  readonly process?: {
    readonly pid: number;
    on?(signal: string, listener: () => void): unknown;
    off?(signal: string, listener: () => void): unknown;
    kill?(pid: number, signal: string): unknown;
  };
  readonly onpagehide?: unknown;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

const surroundings: Surroundings = globalThis;

/**
 * On the first of the signals: drains, then lets the process end by that signal, as it would have
 * without us. A second signal is not held up. Returns what stops listening; does nothing where the
 * runtime has no signals.
 */
export function onExitSignal(
  signals: readonly string[],
  drain: () => Promise<unknown>,
): () => void {
  const { process } = surroundings;
  if (process?.on === undefined) return nothing;
  const listeners = new Map<string, () => void>();
  const stop = (): void => {
    for (const [signal, listener] of listeners) process.off?.(signal, listener);
    listeners.clear();
  };
  for (const signal of new Set(signals)) {
    const listener = (): void => {
      stop();
      void drain().finally(() => process.kill?.(process.pid, signal));
    };
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
  return stop;
}

/** Calls `depart` each time that the page is left; it may come back. Returns what stops that. */
export function onPageHide(depart: () => void): () => void {
  if (!('onpagehide' in surroundings)) return nothing;
  surroundings.addEventListener?.('pagehide', depart);
  return () => surroundings.removeEventListener?.('pagehide', depart);
}

function nothing(): void {}
