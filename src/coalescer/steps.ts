/**
 * The engine changes in steps, and no code but its own runs inside one: what a step has to tell is told
 * when it is over. So whoever is told finds the books right, and may call back.
 */
export class Steps {
  #isInside = false;
  /** Tells what the steps so far have to tell; user code may run in it. */
  readonly #tell: () => void;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** Runs a step; one within another is a part of it. Throws what the step throws. */
  run<T>(step: () => T): T {
    if (this.#isInside) return step();
    // Before anything has changed: a step that is broken off half-way would leave the books wrong.
    proveStack();
    this.#isInside = true;
    try {
      return step();
    } finally {
      this.#isInside = false;
      this.#tell();
    }
  }

  /**
   * Runs a step that nobody waits for. Where the stack is nearly used up, as in a recursion of the
   * user's that aborts a signal, it runs on a stack of its own.
   */
  runSoon(step: () => void): void {
    try {
      proveStack();
    } catch {
      queueMicrotask(() => this.run(step));
      return;
    }
    this.run(step);
  }
}

/** Throws a RangeError where the stack has no room for a step: 3 kB, in few calls, since it is asked often. */
function proveStack(frames = 16, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0): number {
  return frames === 0 ? 0 : 1 + proveStack(frames - 1, a, b, c, d, e, f, g, h);
}
