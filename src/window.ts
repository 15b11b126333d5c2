import DataLoader from 'dataloader';
import type { Gather } from './coalescer/index.ts';
import type { Clock } from './internal/clock.ts';
import { runInRoot } from './internal/context.ts';
import { fenced } from './internal/fence.ts';
import { afterPromiseJobs } from './internal/tick.ts';
import type { Logger } from './internal/warn.ts';
import type { BatchWindow } from './options.ts';

/** The longest that a user's own window stays open, in milliseconds. */
const longestWindowMs = 60_000;

export interface WindowPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Gathers entries until their window ends, as `window` says, then hands them to `onEnd` in the order
 * in which they came. dataloader keeps the window, and is asked once for each: what is in it is none
 * of its business, and a promise for each entry would be one that nobody waits for.
 */
export function gatherWith<Entry extends object>(
  window: BatchWindow,
  ports: WindowPorts,
): (onEnd: (entries: readonly Entry[]) => void) => Gather<Entry> {
  return (onEnd) => new Window(starterOf(window, ports), onEnd, ports.logger);
}

/** Opens a window: calls `end` when it is over; returns what stops that. */
type Start = (end: () => void) => () => void;

function starterOf(window: BatchWindow, { clock, logger }: WindowPorts): Start {
  if (window === 'tick') {
    return (end) => afterPromiseJobs(clock, end);
  }
  if (typeof window === 'number') {
    return (end) => clock.after(window, end);
  }
  return (end) => {
    const cancel = clock.after(longestWindowMs, () => {
      logger.warn(
        `batch.window did not call its flush within ${longestWindowMs} ms, so the calls were handed on without it. It has to call flush once for each window.`,
      );
      end();
    });
    fenced(
      () => window(end),
      (error) => {
        logger.warn('batch.window failed, so its window ends at once.', error);
        end();
      },
    );
    return cancel;
  };
}

class Window<Entry extends object> implements Gather<Entry> {
  readonly #loader: DataLoader<Entry[], undefined>;
  readonly #start: Start;
  /** What is in the open window; undefined while none is. */
  #entries: Entry[] | undefined;
  /** Ends the open window; undefined while none is. */
  #end: (() => void) | undefined;
  /** The window was ended while it opened, when its first entry was not in it yet. */
  #isOver = false;

  constructor(start: Start, onEnd: (entries: readonly Entry[]) => void, logger: Logger) {
    this.#start = start;
    this.#loader = new DataLoader<Entry[], undefined>(
      (windows) => {
        this.#entries = undefined;
        try {
          for (const entries of windows) onEnd(entries);
        } catch (error) {
          // Its rejection would reach nobody but the process.
          logger.error(
            'Calls could not be handed on, which is a fault of prefactor-autobatch.',
            error,
          );
        }
        return Promise.resolve(windows.map(() => undefined));
      },
      { cache: false, batchScheduleFn: (dispatch) => this.#open(dispatch) },
    );
  }

  add(entry: Entry): void {
    if (this.#entries === undefined) {
      this.#entries = [entry];
      void this.#loader.load(this.#entries);
    } else {
      this.#entries.push(entry);
    }
    if (this.#isOver) {
      this.end();
    }
  }

  end(): void {
    this.#end?.();
  }

  #open(dispatch: () => void): void {
    let isOpening = true;
    let cancel: (() => void) | undefined;
    // dataloader would send a batch again each time that it is told to: once is enough.
    const end = (): void => {
      if (isOpening) {
        this.#isOver = true;
      } else if (this.#end === end) {
        this.#end = undefined;
        this.#isOver = false;
        cancel?.();
        dispatch();
      }
    };
    this.#end = end;
    // Whatever ends it runs for all callers, so not in the context of the one who opened it.
    cancel = runInRoot(() => this.#start(end));
    isOpening = false;
  }
}
