/**
 * No code but the engine's own runs inside a step: what comes from outside is asked before, and told after. So
 * whoever is told finds the books right, and may call back.
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
    Reflect.apply(takeRoom, undefined, ROOM);
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
      Reflect.apply(takeRoom, undefined, ROOM);
    } catch {
      queueMicrotask(() => this.run(step));
      return;
    }
    this.run(step);
  }
}

/** Arguments that take up 3 kB: more of the stack than any step does. */
const ROOM: readonly number[] = new Array(384).fill(0);

/** With `ROOM` for its arguments, throws a RangeError where the stack has no room for a step. */
function takeRoom(): void {}
