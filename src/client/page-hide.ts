/** What a page may tell a client about its end; all of it optional, so always asked for. */
interface Page {
  readonly onpagehide?: unknown;
  addEventListener?(type: string, listener: (event: object) => void): void;
  removeEventListener?(type: string, listener: (event: object) => void): void;
}

const surroundings: Page = globalThis;

/** What browsers let all keep-alive requests of a page hold together, in bytes. */
const KEEPALIVE_BYTES = 65_536;

/** The name under which an event says how much of that is left; the same for all copies of this package. */
const leftName = Symbol.for('prefactor-autobatch.keepaliveBytesLeft');

/**
 * Calls `depart` each time that the page is left; it may come back. It is told how many bytes it may send,
 * and gives those that it did send. All clients of the page hear the same event, so that is where they find
 * what the others have left of the one budget. Returns what stops that.
 */
export function onPageHide(depart: (budgetBytes: number) => number): () => void {
  if (!('onpagehide' in surroundings)) return nothing;
  const listener = (event: object): void => {
    const left: unknown = Reflect.get(event, leftName);
    const budgetBytes = typeof left === 'number' ? left : KEEPALIVE_BYTES;
    Reflect.set(event, leftName, budgetBytes - depart(budgetBytes));
  };
  surroundings.addEventListener?.('pagehide', listener);
  return () => surroundings.removeEventListener?.('pagehide', listener);
}

function nothing(): void {}
