import type { Ending } from './ending.ts';

/** So many spans may wait for the end of one object: as they would if each of so many nested ones returned it. */
const MAX_WAITING = 100;

/** The spans that wait for the end of one object, which is watched once for all of them. */
export class Waiting {
  readonly #all = new Set<Ending>();

  /** `false`: too many do. */
  add(ending: Ending): boolean {
    if (this.#all.size >= MAX_WAITING) {
      for (const one of this.#all) if (one.isOver()) this.#all.delete(one);
    }
    if (this.#all.size >= MAX_WAITING) return false;
    this.#all.add(ending);
    return true;
  }

  /** Those that wait now, without those that are added later. */
  now(): Waiting {
    const now = new Waiting();
    for (const one of this.#all) if (!one.isOver()) now.add(one);
    return now;
  }

  /** Ends all that wait. */
  end(how: (ending: Ending) => void): void {
    const all = [...this.#all];
    this.#all.clear();
    for (const ending of all) how(ending);
  }

  /** The ends of all as one. */
  ending(): Ending {
    return {
      complete: (output) => this.end(({ complete }) => complete(output)),
      fail: (error) => this.end(({ fail }) => fail(error)),
      cancel: () => this.end(({ cancel }) => cancel()),
      isOver: () => this.#innermost()?.isOver() ?? true,
      within: (run) => {
        const innermost = this.#innermost();
        return innermost === undefined ? run() : innermost.within(run);
      },
    };
  }

  /** Of nested spans, the innermost has returned the object first. */
  #innermost(): Ending | undefined {
    const [first] = this.#all;
    for (const one of this.#all) if (!one.isOver()) return one;
    return first;
  }
}
