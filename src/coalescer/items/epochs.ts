/** Those who entered between two questions. */
export interface Epoch {
  open: number;
  next: Epoch | undefined;
  whenOver: (() => void) | undefined;
}

/**
 * Tells when everyone who entered before a moment has left again, at constant cost per entry.
 *
 * Each question closes the present cohort, and later entries count in the next one. A question is
 * answered once its own cohort and all earlier ones are empty.
 */
export class Epochs {
  #first: Epoch = newEpoch();
  /** Where those are counted who enter now. */
  last: Epoch = this.#first;

  /** Whether nobody is inside and no question is open. */
  get empty(): boolean {
    return this.#first === this.last && this.#first.open === 0;
  }

  /** Counts someone in; the result is handed to `leave`. */
  enter(): Epoch {
    this.last.open++;
    return this.last;
  }

  leave(epoch: Epoch): void {
    epoch.open--;
    if (this.#first !== this.last) this.advance();
  }

  /** Calls back, at once if possible, when all who are inside now have left. */
  whenOver(callback: () => void): void {
    const epoch = this.last;
    epoch.whenOver = callback;
    epoch.next = newEpoch();
    this.last = epoch.next;
    this.advance();
  }

  /** Answers questions whose cohorts are empty by now: to be called whenever one has become smaller. */
  advance(): void {
    while (this.#first.open === 0 && this.#first.next !== undefined) {
      const { whenOver, next } = this.#first;
      this.#first = next;
      whenOver?.();
    }
  }
}

function newEpoch(): Epoch {
  return { open: 0, next: undefined, whenOver: undefined };
}
