/** What a page offers of this, and other runtimes do not. */
interface Page {
  readonly onpagehide?: unknown;
  addEventListener?(type: string, listener: (event: object) => void): void;
  removeEventListener?(type: string, listener: (event: object) => void): void;
}

const page: Page = globalThis;

/** What browsers let all keep-alive requests of a page hold together, in bytes. */
const PAGE_KEEPALIVE_BYTES = 65_536;

/** The name under which an event says how much of that is left; the same for all copies of this package. */
const keepaliveBytesLeft = Symbol.for('prefactor-autobatch.keepaliveBytesLeft');

/**
 * Calls `depart` each time that the page is left, with the bytes that it may send; it returns those that it did
 * send. The page may come back. All clients of a page hear the same event, so the event says what the others have
 * left of the one budget. Returns what stops listening.
 */
export function onPageHide(depart: (budgetBytes: number) => number): () => void {
  if (!('onpagehide' in page)) return () => {};
  const listener = (event: object): void => {
    const left: unknown = Reflect.get(event, keepaliveBytesLeft);
    const budgetBytes = typeof left === 'number' ? left : PAGE_KEEPALIVE_BYTES;
    Reflect.set(event, keepaliveBytesLeft, budgetBytes - depart(budgetBytes));
  };
  page.addEventListener?.('pagehide', listener);
  return () => page.removeEventListener?.('pagehide', listener);
}
