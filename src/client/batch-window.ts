import DataLoader from 'dataloader';
import type { Schedule } from '../coalescer/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { isWorkerd, runtime } from '../lib/runtime.ts';
import { callUserCode } from '../lib/user-code.ts';

/**
 * When a window ends: after the promise jobs of the tick in which it was opened, milliseconds later
 * (0 to 60,000), or when the given `flush` is called (at the latest after 60 seconds, by us).
 */
export type BatchWindow = 'tick' | number | ((flush: () => void) => void);

/** The longest that a user's own window stays open, in milliseconds. */
const LONGEST_WINDOW_MS = 60_000;

export interface WindowPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * dataloader says when a window ends, and nothing else. A window is one load of a loader of its own, so one that
 * was ended early, or whose end never came, has no say in those after it.
 */
export function scheduleOf(window: BatchWindow, ports: WindowPorts): Schedule {
  const end = (flushes: readonly (() => void)[]): Promise<readonly (() => void)[]> => {
    try {
      for (const flush of flushes) flush();
    } catch (error) {
      ports.logger.error(
        'Calls could not be handed on, which is a bug of prefactor-autobatch.',
        error,
      );
    }
    // The log has the error: a rejection would end the process.
    return Promise.resolve(flushes);
  };
  return (flush) => {
    if (window === 'tick' && hasTickWindow()) {
      void new DataLoader(end, { cache: false }).load(flush);
      // Right behind dataloader's own promise job, which asks for the nextTick that is in place by then.
      void dataloaderJob.then(() => {
        // A test's may never come. Whichever comes first ends the tick.
        if (runtime.process?.nextTick !== loaderNextTick) loaderNextTick?.(() => void end([flush]));
      });
      return isLoaderTickReal ? undefined : ports.clock.after(0, flush);
    }
    let dispatch = flush;
    const batchScheduleFn = (run: () => void): void => {
      dispatch = run;
    };
    void new DataLoader(end, { cache: false, batchScheduleFn }).load(flush);
    // Now that it is loaded: what ends at once would be dispatched with nothing in it.
    if (typeof window === 'function') return openOwn(window, dispatch, ports);
    // In place of a tick, the macrotask that comes nearest to its end.
    return ports.clock.after(window === 'tick' ? 0 : window, dispatch);
  };
}

/** Opens a window of the user's own, which calls `end`. */
function openOwn(
  window: (flush: () => void) => unknown,
  end: () => void,
  { clock, logger }: WindowPorts,
): () => void {
  const cancel = clock.after(LONGEST_WINDOW_MS, () => {
    logger.warn(
      `batch.window did not call its flush within ${LONGEST_WINDOW_MS} ms, so the calls were handed on without it. It has to call flush once for each window.`,
    );
    end();
  });
  callUserCode(
    () => window(end),
    (error) => {
      logger.warn('batch.window failed, so its window ends at once.', error);
      end();
    },
  );
  return cancel;
}

/**
 * Whether dataloader's own scheduler can be let run. Not in workerd, whose `nextTick` is a promise job, nor where the
 * one that dataloader has found is gone.
 */
function hasTickWindow(): boolean {
  return !isWorkerd && (loaderNextTick === undefined || runtime.process?.nextTick !== undefined);
}

/** As this module found it; so has dataloader. */
const loaderNextTick = runtime.process?.nextTick;

/**
 * Whether that can be counted on. Where there was none, dataloader takes a timer, and where there was a test's (by the
 * mark that clock.ts looks for), that: either may stand still for good, so the clock is asked as well.
 */
const isLoaderTickReal = loaderNextTick !== undefined && !Object.hasOwn(loaderNextTick, 'clock');

const dataloaderJob = Promise.resolve();
