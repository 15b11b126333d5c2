/**
 * The engine changes in steps. User code is asked before a step and told after it, so it finds the ledger right and
 * may call back.
 */
export class Steps {
  #isInside = false;
  /** Tells callers and listeners what the steps have changed. User code may run in it. */
  readonly #tell: () => void;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** Runs a step; one within another is a part of it. Throws what the step throws. */
  run<T>(step: () => T): T {
    if (this.#isInside) return step();
    // Before anything changes: a step that is broken off half-way would leave the ledger wrong.
    Reflect.apply(takeStackRoomForStep, undefined, STACK_ROOM_FOR_STEP);
    this.#isInside = true;
    try {
      return step();
    } finally {
      this.#isInside = false;
      this.#tell();
    }
  }

  /**
   * Runs a step. Where the stack is nearly used up, as by a user's recursion that aborts a signal, it runs later on a
   * stack of its own.
   */
  runSoon(step: () => void): void {
    try {
      Reflect.apply(takeStackRoomForStep, undefined, STACK_ROOM_FOR_STEP);
    } catch {
      queueMicrotask(() => this.run(step));
      return;
    }
    this.run(step);
  }
}

/** So many arguments take 3 kB of the stack, more than any step does. */
const STACK_ROOM_FOR_STEP: readonly number[] = new Array(384).fill(0);

/** Called with `STACK_ROOM_FOR_STEP`, it throws a RangeError where the stack has no room for a step. */
function takeStackRoomForStep(): void {}
