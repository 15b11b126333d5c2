/** Those who entered between two questions. */
export interface Cohort {
  inside: number;
  next: Cohort | undefined;
  whenLeft: (() => void) | undefined;
}

/**
 * Tells when everyone who entered before a moment has left again, at constant cost per entry.
 *
 * Each question closes the present cohort, and later entries count in the next one. A question is
 * answered once its own cohort and all earlier ones are empty.
 */
export class Turnstile {
  #first: Cohort = newCohort();
  /** Where those are counted who enter now. */
  last: Cohort = this.#first;

  /** Whether nobody is inside and no question is open. */
  get empty(): boolean {
    return this.#first === this.last && this.#first.inside === 0;
  }

  /** Counts someone in; the result is handed to `leave`. */
  enter(): Cohort {
    this.last.inside++;
    return this.last;
  }

  leave(cohort: Cohort): void {
    cohort.inside--;
    if (this.#first !== this.last) this.advance();
  }

  /** Calls back, at once if possible, when all who are inside now have left. */
  whenLeft(callback: () => void): void {
    const cohort = this.last;
    cohort.whenLeft = callback;
    cohort.next = newCohort();
    this.last = cohort.next;
    this.advance();
  }

  /** Answers questions whose cohorts are empty by now: to be called whenever one has become smaller. */
  advance(): void {
    while (this.#first.inside === 0 && this.#first.next !== undefined) {
      const { whenLeft, next } = this.#first;
      this.#first = next;
      whenLeft?.();
    }
  }
}

function newCohort(): Cohort {
  return { inside: 0, next: undefined, whenLeft: undefined };
}
