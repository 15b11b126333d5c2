/**
 * The least time between requests that bring nobody further, whatever the options and the server say:
 * no setting and no answer makes a busy loop.
 */

/** After the second in a row, in milliseconds; it doubles from there on. */
const FIRST_MS = 10;
const MOST_MS = 1_000;

/** The least pause after so many failures in a row, in milliseconds; after a first one there is none. */
export function leastPauseMs(inARow: number): number {
  return inARow < 2 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(inARow - 2, 40));
}

export class Spacing {
  /** Nothing leaves before this time. */
  opensAt: number = Number.NEGATIVE_INFINITY;
  /** Requests in a row that brought nobody further; those that were under way together are one. */
  inARow = 0;
  /** Requests that have left so far: the number of the last one. */
  left = 0;
  /** How many of them had left when the last one came back in vain. */
  #leftThen = 0;

  /**
   * The request of that number was refused or lost, or settled nothing. Returns false where it was
   * under way with another one that has been told of: together they are one event.
   */
  futile(number: number, now: number): boolean {
    if (number <= this.#leftThen) return false;
    this.#leftThen = this.left;
    this.inARow++;
    this.opensAt = now + leastPauseMs(this.inARow);
    return true;
  }

  /** A request brought somebody further. */
  progressed(): void {
    this.inARow = 0;
    this.opensAt = Number.NEGATIVE_INFINITY;
  }
}
