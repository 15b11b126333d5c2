/** The calls or items that entered between two questions. */
export class Epoch {
  open = 0;
  next: Epoch | undefined;
  whenOver: (() => void) | undefined;
}

/**
 * Tells when all that entered before a moment have left again, at constant cost for each.
 *
 * A question closes the last epoch, and what enters later counts in the next one. A question is answered once its own
 * epoch and all earlier ones are empty.
 */
export class Epochs {
  #first: Epoch = new Epoch();
  last: Epoch = this.#first;

  /** Nothing is inside, and no question is open. */
  get empty(): boolean {
    return this.#first === this.last && this.#first.open === 0;
  }

  /** Counts one in. Its `leave` needs the result. */
  enter(): Epoch {
    this.last.open++;
    return this.last;
  }

  leave(epoch: Epoch): void {
    epoch.open--;
    if (this.#first !== this.last) this.advance();
  }

  /** Calls back once all that are inside now have left: at once if there are none. */
  whenOver(callback: () => void): void {
    const epoch = this.last;
    epoch.whenOver = callback;
    epoch.next = new Epoch();
    this.last = epoch.next;
    this.advance();
  }

  /** Answers the questions whose epochs are empty. To be called when one has become smaller. */
  advance(): void {
    while (this.#first.open === 0 && this.#first.next !== undefined) {
      const { whenOver, next } = this.#first;
      this.#first = next;
      whenOver?.();
    }
  }
}
