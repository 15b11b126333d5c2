/** One seed over real sockets and in real time, so by the client's own way out of Node. */
import { Chance } from './chance.ts';
import type { Dimension } from './dimensions.ts';
import { dimensionsOf } from './dimensions.ts';
import type { Plan } from './plan.ts';
import { planFrom } from './plan.ts';
import type { ClientClass, Result } from './play.ts';
import { Play } from './play.ts';
import { PLAIN } from './seams.ts';
import { listen } from './server/socket-server.ts';
import { Story } from './story.ts';
import type { Time, Wake } from './time.ts';

/** What needs a clock that can be held, a `fetch`, or more patience than a test has. */
const VIRTUAL: readonly Dimension[] = ['stops', 'fetch', 'fetchFails', 'lettingGo', 'hugeAnswers'];
/** Of the event loop, at the end. */
const TURNS = 10;
/** The longest that a server may ask anybody to wait, in milliseconds. */
const MOST_PAUSE_MS = 30;

/** The plan of a seed, with times that nobody has to wait for. */
export function briefPlanFrom(seed: number, allowed: readonly Dimension[]): Plan {
  const dimensions = dimensionsOf(
    seed,
    allowed.filter((dimension) => !VIRTUAL.includes(dimension)),
  );
  const plan = planFrom(seed, dimensions);
  const chance = new Chance(seed, 'brief');
  const { settings, ways, steps, ending } = plan;
  return {
    ...plan,
    settings: {
      ...settings,
      window: typeof settings.window === 'number' ? 1 : settings.window,
      minDelayMs: Math.min(5, settings.minDelayMs),
      maxDelayMs: 20,
      maxPauseMs: chance.pick([0, MOST_PAUSE_MS]),
      attemptTimeoutMs: chance.pick([40, 150]),
      deliveryTimeoutMs: chance.pick([1, 100, 1_000, 2_000, 2_000]),
    },
    ways: { ...ways, latencyMs: [0, 3], outage: undefined },
    steps: steps.map((step) => ({ ...step, at: Math.min(step.at / 20, 300) })),
    ending: { ...ending, closeMs: Math.min(ending.closeMs, 1_000) },
  };
}

export async function checkOverSockets(
  Client: ClientClass,
  plan: Plan,
  isTold = false,
): Promise<Result> {
  const time = new RealTime();
  const story = new Story(time.now, isTold);
  const play = new Play({ Client, plan, time, story, seams: PLAIN, isSeenFromAfar: true });
  const { wire, service } = play;
  const server = await listen({ plan, time, wire, service, seams: PLAIN });
  try {
    play.begin({ apiUrl: server.apiUrl, network: undefined });
    await time.until(() => play.isOver);
    // What the server does when everybody has given up.
    await time.rest();
    return play.finish();
  } finally {
    await server.end();
  }
}

class RealTime implements Time {
  readonly #begin = performance.now();
  readonly #waking = new Set<NodeJS.Timeout>();
  #look: Wake = () => undefined;
  /** Of the wall clock no rule is asked here: no call is ever too late. */
  readonly stoppedMs: number = Number.POSITIVE_INFINITY;

  readonly now = (): number => performance.now() - this.#begin;
  readonly wallNow = (): number => Date.now();

  after(ms: number, wake: Wake): void {
    const timer = setTimeout(() => {
      this.#waking.delete(timer);
      wake();
      this.stir();
    }, ms);
    this.#waking.add(timer);
  }

  afterOutside(ms: number, wake: Wake): void {
    this.after(ms, wake);
  }

  deliver(what: Wake): void {
    what();
  }

  stop(): void {}

  stir(): void {
    setImmediate(() => this.#look());
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (holds()) resolve();
      };
      this.stir();
    });
  }

  /** Waits for the rest, and until what listeners are told in a later turn has been told. */
  async rest(): Promise<void> {
    await this.until(() => this.#waking.size === 0);
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }
}
