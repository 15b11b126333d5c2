// How many requests independent items cost at a server that stops at the first error.

/**
 * The fewest for a client that knows of no error beforehand and keeps the order: an item that fails
 * ends a run, and of each run as many items leave at once as a request holds.
 */
export function fewestInOrder(fails: readonly boolean[], maxItems: number): number {
  let requests = 0;
  let run = 0;
  for (const [index, hasFailed] of fails.entries()) {
    run++;
    if (!hasFailed && index < fails.length - 1) continue;
    requests += Math.ceil(run / maxItems);
    run = 0;
  }
  return requests;
}

/** The fewest in any order, even with luck: a request runs `maxItems` items, and one that fails. */
export function fewestInAnyOrder(items: number, failing: number, maxItems: number): number {
  return Math.max(failing, Math.ceil(items / maxItems));
}

/**
 * The most with one in flight: each failing item stops one request, and batches are cut only as far as
 * requests without a failure stay within this. Each further request in flight may add two
 * (docs/internals/stop-at-first-error.md).
 */
export function most(items: number, failing: number, maxItems: number): number {
  return failing + Math.ceil(items / maxItems);
}
