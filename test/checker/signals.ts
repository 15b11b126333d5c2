/** Signals, of which many calls share one; and some that are none of the platform's. */
import type { Chance } from './chance.ts';
import type { Meddler } from './meddler.ts';
import type { Plan } from './plan.ts';
import type { Story } from './story.ts';

export class Signals {
  readonly #plan: Plan;
  readonly #story: Story;
  readonly #meddler: Meddler;
  readonly #controllers: AbortController[] = [];
  readonly #odd = new WeakSet<AbortSignal>();
  #reasons = 0;

  constructor(plan: Plan, story: Story, meddler: Meddler) {
    this.#plan = plan;
    this.#story = story;
    this.#meddler = meddler;
  }

  /** Whether nobody can say what comes of it. */
  isOdd(signal: AbortSignal | undefined): boolean {
    return signal !== undefined && this.#odd.has(signal);
  }

  pick(chance: Chance): AbortSignal | undefined {
    const { dimensions } = this.#plan;
    if (!dimensions.has('aborts') || !chance.is(0.25)) return undefined;
    if (dimensions.has('oddSignals') && chance.is(0.15)) return this.#oddOne(chance);
    const [shared] = this.#controllers.slice(-2);
    if (shared !== undefined && chance.is(0.6)) return shared.signal;
    const controller = new AbortController();
    this.#controllers.push(controller);
    if (dimensions.has('abortListeners') && chance.is(0.4)) {
      controller.signal.addEventListener('abort', () => this.#meddler.run('abortListeners', false));
    }
    if (chance.is(0.1)) this.#abort(controller);
    return controller.signal;
  }

  abortOne(chance: Chance): void {
    if (this.#controllers.length > 0) this.#abort(chance.pick(this.#controllers));
  }

  #abort(controller: AbortController): void {
    if (controller.signal.aborted) return;
    const number = ++this.#reasons;
    this.#story.tell(() => `abort, reason ${number}`);
    controller.abort(new Error(`reason ${number}`));
  }

  #oddOne(chance: Chance): AbortSignal {
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: chance.pick([
        () => undefined,
        () => {
          throw new Error('this signal takes no listener');
        },
      ]),
      ...chance.pick([{}, { removeEventListener: 7 }, { throwIfAborted: () => undefined }]),
    } as unknown as AbortSignal;
    this.#odd.add(signal);
    return signal;
  }
}
