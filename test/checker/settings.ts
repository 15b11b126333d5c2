/** The client's options, with user code in every place that takes some. */
import type { AutobatchOptions } from '../../src/index.ts';
import { Chance } from './chance.ts';
import type { Meddler } from './meddler.ts';
import { rejecting } from './meddler.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import { OTHER_TOKEN } from './plan.ts';
import type { Story } from './story.ts';
import type { Time } from './time.ts';

export interface Surroundings {
  readonly plan: Plan;
  readonly time: Time;
  readonly story: Story;
  readonly meddler: Meddler;
  readonly token: string;
  /** What the logger is given, and `waitUntil`. */
  readonly onLog: (level: string, words: readonly unknown[]) => void;
  readonly onWork: (work: Promise<unknown>) => void;
}

/** What requests go to. */
export interface Carrier {
  readonly apiUrl: string;
  /** None: they leave by the client's own way. */
  readonly network: Network | undefined;
}

export function optionsFrom(
  surroundings: Surroundings,
  { apiUrl, network }: Carrier,
): AutobatchOptions {
  const { plan } = surroundings;
  const { settings, dimensions } = plan;
  const code = new UserCode(surroundings);
  const isTokenFunction = dimensions.has('token') && new Chance(plan.seed, 'tokens').is(0.5);
  const hasHook = dimensions.has('hook') && new Chance(plan.seed, 'hooks').is(0.5);
  return {
    apiUrl,
    apiToken: isTokenFunction ? () => code.giveToken() : surroundings.token,
    batch: {
      window: settings.window === 'function' ? (flush) => code.open(flush) : settings.window,
      maxItems: settings.maxItems,
      maxBytes: settings.maxBytes,
      concurrency: settings.concurrency,
      maxWaitMs: settings.maxWaitMs,
    },
    maxItemBytes: settings.maxItemBytes,
    onSkipped: settings.onSkipped,
    ids: settings.ids,
    queue: { maxItems: settings.queueItems, maxBytes: settings.queueBytes },
    retry: {
      limit: settings.limit,
      minDelayMs: settings.minDelayMs,
      maxDelayMs: Math.max(settings.minDelayMs, settings.maxDelayMs),
      maxPauseMs: settings.maxPauseMs,
      itemCodes: settings.itemCodes,
    },
    attemptTimeoutMs: settings.attemptTimeoutMs,
    deliveryTimeoutMs: settings.deliveryTimeoutMs,
    ...(network !== undefined && { fetch: (request) => code.fetch(request, network) }),
    logger: {
      debug: (...words) => code.log('debug', words),
      info: (...words) => code.log('info', words),
      warn: (...words) => code.log('warn', words),
      error: (...words) => code.log('error', words),
    },
    ...(hasHook && { beforeEnqueue: (action) => code.see(action) }),
    ...(dimensions.has('waitUntil') && { waitUntil: (work) => code.await(work) }),
  };
}

type Action = Parameters<NonNullable<AutobatchOptions['beforeEnqueue']>>[0];

class UserCode {
  readonly #surroundings: Surroundings;
  readonly #chance: (name: string) => Chance;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const chances = new Map<string, Chance>();
    this.#chance = (name) => {
      const chance = chances.get(name) ?? new Chance(surroundings.plan.seed, `user ${name}`);
      chances.set(name, chance);
      return chance;
    };
  }

  giveToken(): string | Promise<string> {
    const { meddler, token, time, plan } = this.#surroundings;
    const fails = plan.dimensions.has('tokenFails');
    meddler.run('token', fails);
    const chance = this.#chance('token');
    if (!fails || !chance.is(0.2)) {
      return chance.is(0.5) ? token : Promise.resolve(token);
    }
    const rejects = plan.dimensions.has('rejecting');
    return chance.pick<() => string | Promise<string>>([
      () =>
        (rejects ? rejecting(chance) : Promise.reject(new Error('no token'))) as Promise<string>,
      () => new Promise(() => undefined),
      () => new Promise((resolve) => void time.after(50, () => resolve(token))),
      () => 7 as unknown as string,
      () => OTHER_TOKEN,
    ])();
  }

  open(flush: () => void): unknown {
    const { meddler, time, plan } = this.#surroundings;
    meddler.run('window');
    const chance = this.#chance('window');
    const rejects = plan.dimensions.has('rejecting');
    const forms: (() => unknown)[] = chance.is(0.2)
      ? [() => undefined, () => (rejects ? rejecting(chance) : 7), () => [flush(), flush()]]
      : [() => flush(), () => time.after(7, flush), () => queueMicrotask(flush)];
    return chance.pick(forms)();
  }

  fetch(request: Request, network: Network): Promise<Response> {
    const { meddler, plan } = this.#surroundings;
    const chance = this.#chance('fetch');
    meddler.run('fetch', false);
    if (!plan.dimensions.has('fetchFails') || !chance.is(0.06)) return network.carry(request);
    network.lose(request);
    const rejects = plan.dimensions.has('rejecting');
    return chance.pick<() => unknown>([
      () => undefined,
      () => Promise.resolve(null),
      () => Promise.resolve({ status: 200 }),
      () => (rejects ? rejecting(chance) : Promise.reject(new Error('no fetch'))),
      () => {
        throw new Error('no fetch');
      },
    ])() as Promise<Response>;
  }

  log(level: string, words: readonly unknown[]): undefined {
    const { meddler, onLog } = this.#surroundings;
    onLog(level, words);
    return meddler.logged() as undefined;
  }

  see(action: Action): Action | null {
    const { meddler, plan, story } = this.#surroundings;
    meddler.within('hook');
    const chance = this.#chance('hook');
    const making = meddler.hands?.caller.making;
    const { dimensions } = plan;
    const mayLeaveOut = !dimensions.has('ownKeys') || dimensions.has('leftOutRepeats');
    if (dimensions.has('leftOut') && mayLeaveOut && chance.is(0.08)) {
      story.tell(() => `the hook leaves out ${making?.marker}`);
      if (making !== undefined) making.isLeftOut = true;
      return null;
    }
    if (plan.dimensions.has('rejecting') && chance.is(0.03)) {
      if (making !== undefined) making.isInvalid = true;
      return rejecting(chance) as Action;
    }
    // The same for the same arguments: a repetition is to be to the letter.
    const isChanged = new Chance(plan.seed, `seen ${making?.marker}`).is(0.2);
    return isChanged ? { ...action, seen_by_hook: true } : action;
  }

  await(work: Promise<unknown>): undefined {
    const { meddler, onWork } = this.#surroundings;
    onWork(work);
    meddler.run('waitUntil');
    return meddler.result('waitUntil') as undefined;
  }
}
