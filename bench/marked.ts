import type { Marked } from './job.ts';

const SEED = 20_260_901;

/** Which calls fail: the same in each process and each run. */
export function markedCalls(calls: number, marked: Marked): ReadonlySet<number> {
  const random = randomOf(SEED);
  const chosen = new Set<number>();
  if (marked.marker === 'fail') {
    const count = Math.min(marked.count, calls);
    while (chosen.size < count) chosen.add(Math.floor(random() * calls));
    return chosen;
  }
  for (let start = 0; start < calls; start += marked.every) {
    chosen.add(Math.min(calls - 1, start + Math.floor(random() * marked.every)));
  }
  return chosen;
}

/**
 * The fewest requests in which all calls can be settled in order: each run of calls that ends in a
 * failure needs as many as it fills, and so does what follows the last failure.
 */
export function leastRequests(calls: number, failing: ReadonlySet<number>, batch: number): number {
  let least = 0;
  let start = 0;
  for (const at of [...failing].sort((a, b) => a - b)) {
    least += Math.ceil((at + 1 - start) / batch);
    start = at + 1;
  }
  return least + Math.ceil((calls - start) / batch);
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
