import type { Logger } from '../lib/logger.ts';
import { nearest } from '../lib/nearest.ts';
import { runtime } from '../lib/runtime.ts';
import type { ValueCheck } from '../lib/value-checks.ts';
import { shown } from '../lib/value-checks.ts';

type Process = NonNullable<typeof runtime.process>;

/** What programs are asked to end by; one of them is meant, most likely, where a name is none. */
const USUAL = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Of other systems than this one, maybe: a program that runs on several names those of all. */
const ELSEWHERE = ['SIGBREAK', 'SIGINFO'];

/** Checks the name of a signal: one that this system knows, and that a process can catch. */
export const exitSignal: ValueCheck = (value) => {
  const names = signalNames();
  const isName = typeof value === 'string' && /^SIG[A-Z0-9]+$/.test(value);
  if (!isName || names?.includes(value) === false) {
    const example = typeof value === 'string' ? nearest(value, USUAL) : 'SIGTERM';
    return `must be a signal's name, such as '${example}', but it is ${shown(value)}`;
  }
  return value === 'SIGKILL' || value === 'SIGSTOP'
    ? `must be a signal that can be caught, such as 'SIGTERM', but it is ${shown(value)}`
    : undefined;
};

/** Undefined where the runtime does not say, as in a browser. */
function signalNames(): string[] | undefined {
  const os: unknown = runtime.process?.getBuiltinModule?.('node:os');
  const signals: unknown = Object(Object(os).constants).signals;
  return signals === undefined ? undefined : [...Object.keys(Object(signals)), ...ELSEWHERE];
}

/**
 * On the first of the signals: drains, then lets the process end by that signal, as it would have
 * without us, unless others listen to it still: another client that drains, or the program itself. A
 * second signal is not held up. Returns what stops listening; does nothing where the runtime has no
 * signals.
 */
export function onExitSignal(
  signals: readonly string[],
  drain: () => Promise<unknown>,
  logger: Logger,
): () => void {
  const { process } = runtime;
  if (signals.length === 0 || process?.on === undefined) return () => {};
  if (isWorker(process)) {
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
      logger.warn(`This system lets nobody listen to ${signal}, so it closes no client.`);
    }
  }
  // While draining, listening goes on: it says to other clients that the process is not over yet.
  return () => {
    if (!isDraining) stop();
  };
}

function isWorker(process: Process): boolean {
  return Object(process.getBuiltinModule?.('node:worker_threads')).isMainThread === false;
}

interface Shared {
  readonly listeners: Set<() => void>;
  readonly tellAll: () => void;
}

/**
 * One listener of the process for all clients of a signal, since Node takes more than ten for a leak and
 * says so. It is the only thing that clients share: there is but one process.
 */
const sharedOf = new WeakMap<Process, Map<string, Shared>>();

/** Throws what the system throws that does not let anybody listen to the signal. */
function listen(process: Process, signal: string, listener: () => void): () => void {
  const bySignal = sharedOf.get(process) ?? new Map<string, Shared>();
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

function share(process: Process, signal: string): Shared {
  const listeners = new Set<() => void>();
  const tellAll = (): void => {
    // A copy, since those that are told may go, and others come.
    for (const listener of [...listeners]) if (listeners.has(listener)) listener();
  };
  process.on?.(signal, tellAll);
  return { listeners, tellAll };
}
