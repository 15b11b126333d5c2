import type { Clock } from './clock.ts';
import { host } from './host.ts';
import { isWorkerd } from './lasting-timers.ts';

/**
 * Runs `run` when the current promise jobs are done: after every continuation that is already due,
 * and those that they make due. Only `process.nextTick` can say so, unless it is a promise job itself;
 * elsewhere the next macrotask of `clock` comes nearest. As dataloader does it: a promise job first, so that the tick that is
 * asked for lies behind the jobs of this one. Returns what cancels it.
 */
export function afterPromiseJobs(clock: Clock, run: () => void): () => void {
  const nextTick = host.process?.nextTick;
  if (nextTick === undefined || isWorkerd) {
    return clock.after(0, run);
  }
  // Let go with the cancelling: a tick may be far off, and what it was to run holds on to much.
  let waiting: (() => void) | undefined = run;
  const end = (): void => {
    const due = waiting;
    waiting = undefined;
    due?.();
  };
  void ready.then(() => {
    nextTick(end);
    // A test's, which may never come. Whichever comes first ends the tick.
    if (nextTick !== ownNextTick) ownNextTick?.(end);
  });
  return () => {
    waiting = undefined;
  };
}

const ready = Promise.resolve();

/** As this module found it. */
const ownNextTick = host.process?.nextTick;
