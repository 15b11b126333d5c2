/** What a runtime may tell a client about its end; all of it optional, so always asked for. */
interface Surroundings {
  readonly process?: {
    readonly pid: number;
    on?(signal: string, listener: () => void): unknown;
    off?(signal: string, listener: () => void): unknown;
    listenerCount?(signal: string): number;
    kill?(pid: number, signal: string): unknown;
  };
  readonly onpagehide?: unknown;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

const surroundings: Surroundings = globalThis;

/**
 * On the first of the signals: drains, then lets the process end by that signal, as it would have
 * without us, unless others listen to it still: another client that drains, or the program itself. A
 * second signal is not held up. Returns what stops listening; does nothing where the runtime has no
 * signals.
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
  let isDraining = false;
  for (const signal of new Set(signals)) {
    const end = (): void => {
      stop();
      if ((process.listenerCount?.(signal) ?? 0) === 0) process.kill?.(process.pid, signal);
    };
    const listener = (): void => {
      if (isDraining) {
        end();
      } else {
        isDraining = true;
        void drain().finally(end);
      }
    };
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
  // While draining, listening goes on: it says to other clients that the process is not over yet.
  return () => {
    if (!isDraining) stop();
  };
}

/** Calls `depart` each time that the page is left; it may come back. Returns what stops that. */
export function onPageHide(depart: () => void): () => void {
  if (!('onpagehide' in surroundings)) return nothing;
  surroundings.addEventListener?.('pagehide', depart);
  return () => surroundings.removeEventListener?.('pagehide', depart);
}

function nothing(): void {}
