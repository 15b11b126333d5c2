import type { Gather } from './ports.ts';

/** Gathers what is submitted within one synchronous run of code; the plainest of windows. */
export function gatherRun<Entry>(onEnd: (entries: readonly Entry[]) => void): Gather<Entry> {
  let entries: Entry[] = [];
  const end = (): void => {
    const ended = entries;
    entries = [];
    if (ended.length > 0) onEnd(ended);
  };
  return {
    add(entry) {
      // Not queueMicrotask: tests put another in its place, which may never run what it is given.
      if (entries.push(entry) === 1) void over.then(end);
    },
    end,
  };
}

const over = Promise.resolve();
