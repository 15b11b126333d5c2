import type { Logger } from '../lib/logger.ts';
import { nearest } from '../lib/nearest.ts';
import { runtime } from '../lib/runtime.ts';
import type { ValueCheck } from '../lib/value-checks.ts';
import { describeValue } from '../lib/value-checks.ts';

type Process = NonNullable<typeof runtime.process>;

/** The nearest of these is named where the name of a signal is wrong. */
const USUAL = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Known by other systems: a program that runs on several may name those of all. */
const ELSEWHERE = ['SIGBREAK', 'SIGINFO'];

/** Checks the name of a signal: one that this system knows, and that a process can catch. */
export const exitSignal: ValueCheck = (value) => {
  const names = signalNames();
  const isName = typeof value === 'string' && /^SIG[A-Z0-9]+$/.test(value);
  if (!isName || names?.includes(value) === false) {
    const example = (typeof value === 'string' && nearest(value, USUAL)) || 'SIGTERM';
    return `must be a signal's name, such as '${example}', but it is ${describeValue(value)}`;
  }
  return value === 'SIGKILL' || value === 'SIGSTOP'
    ? `must be a signal that can be caught, such as 'SIGTERM', but it is ${describeValue(value)}`
    : undefined;
};

/** Undefined where the runtime does not say, as in a browser. */
function signalNames(): string[] | undefined {
  const os: unknown = runtime.process?.getBuiltinModule?.('node:os');
  const signals: unknown = Object(Object(os).constants).signals;
  return signals === undefined ? undefined : [...Object.keys(Object(signals)), ...ELSEWHERE];
}

/**
 * On the first of the signals, drains, and then lets the process end by that signal, unless something else still
 * listens to it: another client that drains, or the program itself. A second signal ends the process at once.
 * Returns what stops listening. Does nothing where the runtime has no signals.
 */
export function onExitSignal(
  signals: readonly string[],
  drain: () => Promise<unknown>,
  logger: Logger,
): () => void {
  const { process } = runtime;
  if (signals.length === 0 || process?.on === undefined) return () => {};
  if (Object(process.getBuiltinModule?.('node:worker_threads')).isMainThread === false) {
    logger.warn(
      'No signal reaches a worker thread, so exitSignals does nothing here: have the main thread tell it, and close the client.',
    );
    return () => {};
  }
  return drainOn(process, new Set(signals), drain, logger);
}

function drainOn(
  process: Process,
  signals: ReadonlySet<string>,
  drain: () => Promise<unknown>,
  logger: Logger,
): () => void {
  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const stopOne of stops.splice(0)) stopOne();
  };
  const endBy = (signal: string): void => {
    stop();
    if ((process.listenerCount?.(signal) ?? 0) === 0) process.kill?.(process.pid, signal);
  };
  let isDraining = false;
  const hear = (signal: string): void => {
    if (isDraining) {
      endBy(signal);
      return;
    }
    isDraining = true;
    void drain().finally(() => endBy(signal));
  };
  for (const signal of signals) {
    try {
      stops.push(listen(process, signal, () => hear(signal)));
    } catch {
      logger.warn(`This system lets no process listen to ${signal}, so it closes no client.`);
    }
  }
  // While draining, listening goes on: it says to other clients that the process is not over yet.
  return () => {
    if (!isDraining) stop();
  };
}

interface SharedExitSignals {
  readonly listeners: Set<() => void>;
  readonly tellAll: () => void;
}

/**
 * One listener for all clients of a signal, since Node takes more than ten for a leak and says so. It is the only
 * state that clients share: there is but one process.
 */
const sharedOf = new WeakMap<Process, Map<string, SharedExitSignals>>();

/** Throws where the system lets no process listen to the signal. */
function listen(process: Process, signal: string, listener: () => void): () => void {
  const bySignal = sharedOf.get(process) ?? new Map<string, SharedExitSignals>();
  sharedOf.set(process, bySignal);
  const shared = bySignal.get(signal) ?? share(process, signal);
  bySignal.set(signal, shared);
  shared.listeners.add(listener);
  return () => {
    if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return;
    bySignal.delete(signal);
    process.off?.(signal, shared.tellAll);
  };
}

function share(process: Process, signal: string): SharedExitSignals {
  const listeners = new Set<() => void>();
  const tellAll = (): void => {
    // A copy, since listeners may be removed and added meanwhile.
    for (const listener of [...listeners]) if (listeners.has(listener)) listener();
  };
  process.on?.(signal, tellAll);
  return { listeners, tellAll };
}
