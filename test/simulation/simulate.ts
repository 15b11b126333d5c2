/**
 * One schedule: the real client and its transport, a simulated network, and the emulator, under one
 * virtual clock and one seed.
 */
import type { AutobatchClient } from '../../src/client/client.ts';
import type { AutobatchOptions } from '../../src/index.ts';
import { randomFrom } from '../helpers/random.ts';
import { Agents } from './agents.ts';
import { audit } from './audit.ts';
import { CallWatch } from './call-watch.ts';
import { CallLog } from './calls.ts';
import { hookFor } from './hook.ts';
import { isBrisk } from './kinds-of-plans.ts';
import { Network } from './network.ts';
import { installPage } from './page.ts';
import type { Plan } from './plan.ts';
import { hasHook, TOKEN_SIGN, tokenOf } from './plan.ts';
import { planFrom } from './planner.ts';
import { SimulatedServer } from './server.ts';
import type { Violation } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';
import { installVirtualTime } from './virtual-time.ts';
import { WireWatch } from './wire-watch.ts';

/** The client under test: the real one, or a mutant. */
export type ClientClass = new (options: AutobatchOptions) => AutobatchClient;

export interface Result {
  readonly violations: readonly Violation[];
  /** How often each fault, row and reason occurred. */
  readonly counts: ReadonlyMap<string, number>;
  /** What happened, line by line; empty unless asked for. */
  readonly story: readonly string[];
  readonly requests: number;
}

/** Steps of the clock after which a run counts as endless. */
const MAX_STEPS = 20_000;

export async function simulate(
  Client: ClientClass,
  seed: number,
  plan: Plan = planFrom(seed),
  isTold = false,
): Promise<Result> {
  const time = installVirtualTime();
  const { random } = Math;
  Math.random = randomFrom(~seed);
  const page = installPage();
  const run = new Run(Client, plan, time, page.hide, isTold);
  const onStray = (error: unknown): void => run.fail('unhandled', String(error));
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  try {
    return await run.toEnd();
  } finally {
    process.off('unhandledRejection', onStray);
    process.off('uncaughtException', onStray);
    page.end();
    Math.random = random;
    time.end();
  }
}

class Run {
  readonly #Client: ClientClass;
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly #hide: () => void;
  readonly #isTold: boolean;
  readonly #violations: Violation[] = [];
  readonly #counts = new Map<string, number>();
  readonly #story: string[] = [];
  #tokens = 0;

  constructor(
    Client: ClientClass,
    plan: Plan,
    time: VirtualTime,
    hide: () => void,
    isTold: boolean,
  ) {
    this.#Client = Client;
    this.#plan = plan;
    this.#time = time;
    this.#hide = hide;
    this.#isTold = isTold;
  }

  readonly fail = (name: Violation['name'], detail: string): void => {
    this.#violations.push({ name, detail, at: this.#time.now() });
    this.#tell(() => `BROKEN ${name}: ${detail}`);
  };

  async toEnd(): Promise<Result> {
    const plan = this.#plan;
    const time = this.#time;
    const server = new SimulatedServer(plan, time, (fate) => this.#count(`fate ${fate}`));
    const { emulator } = server;
    const foreign = await server.makeForeignSpans();
    const tell = (line: () => string): void => this.#tell(line);
    const count = (what: string): void => this.#count(what);
    const watched = { plan, time, fail: this.fail, tell, count };
    const wire = new WireWatch(watched, () => calls);
    const network = new Network(plan, server, time, wire);
    const hook = hookFor(
      () => calls,
      () => client,
      count,
    );
    const client: AutobatchClient = new this.#Client(this.#options(network, hook));
    const watch = new CallWatch(watched, wire, client, () => calls);
    const calls = new CallLog(client, time, watch, this.#plan.options.deliveryTimeoutMs);
    server.setFates(calls);

    const awaited: Promise<unknown>[] = [];
    const close = (timeoutMs: number): void => {
      calls.isClosed = true;
      this.#tell(() => `close within ${timeoutMs} ms`);
      awaited.push(client.close({ timeoutMs }));
    };
    const agents = new Agents({
      client,
      calls,
      foreign,
      newId: () => `01fr3hth00partaa${String(this.#ids++).padStart(16, '0')}`,
      sleep: (ms) => new Promise((resolve) => void time.after(ms, resolve)),
      terminate: (id) => {
        // It may not have come there yet.
        if (emulator.snapshot().instances[id] !== undefined) emulator.terminate(id, 'enough');
      },
      hide: this.#hide,
      close,
      watch: (promise) => void awaited.push(promise),
      tell,
    });
    let isOver = false;
    const story = Promise.all(plan.agents.map((steps) => agents.run(steps))).then(async () => {
      const flushed = client.flush();
      await Promise.all(awaited);
      await flushed;
      await client.close();
      calls.isClosed = true;
      isOver = true;
    });
    story.catch((error: unknown) => {
      this.fail('unhandled', error instanceof Error ? (error.stack ?? '') : String(error));
    });

    let freezeMs = 0;
    for (const { atMs, forMs } of plan.freezes) time.after(atMs, () => (freezeMs = forMs));
    const isBriskRun = isBrisk(plan);
    await time.settle();
    for (let steps = 0; time.timers > 0; steps++) {
      if (isBriskRun) watch.progress();
      if (steps === MAX_STEPS) {
        this.fail('no stall', `the clock has been moved ${steps} times`);
        break;
      }
      await time.next();
      if (freezeMs > 0 && !isOver) {
        count('fault freeze');
        tell(() => `the process stops for ${freezeMs} ms`);
        calls.wakesAt = time.now() + freezeMs;
        await time.freeze(freezeMs);
        tell(() => 'the process goes on');
      }
      freezeMs = 0;
      if (isOver && network.heldUp === 0 && time.timers > time.ownTimers) {
        this.fail(
          'idle at the end',
          `${time.timers - time.ownTimers} timers of the client are set`,
        );
        break;
      }
    }
    if (!isOver) this.fail('settled once', 'something has not come to its end');
    const report = emulator.report();
    const { runs } = server;
    audit({ plan, client, calls, watch, report, runs, time, fail: this.fail, count });
    for (const kind of Object.keys(report.faults)) this.#count(`server ${kind}`);
    return {
      violations: this.#violations,
      counts: this.#counts,
      story: this.#story,
      requests: report.requests.bulk,
    };
  }

  #ids = 0;

  #options(network: Network, hook: AutobatchOptions['beforeEnqueue']): AutobatchOptions {
    const { options, seed } = this.#plan;
    const token = tokenOf(seed);
    return {
      apiUrl: 'https://api.test',
      apiToken: options.token === 'fixed' ? token : () => this.#token(token),
      fetch: network.fetch,
      logger: false,
      ...(hasHook(this.#plan) && { beforeEnqueue: hook }),
      batch: {
        window:
          options.window === 'function'
            ? (flush) => void this.#time.after(12, flush)
            : options.window,
        maxItems: options.maxItems,
        maxBytes: options.maxBytes,
        concurrency: options.concurrency,
        maxWaitMs: options.maxWaitMs,
      },
      onSkipped: options.onSkipped,
      ids: options.ids,
      queue: { maxItems: options.queueItems, maxBytes: options.queueBytes },
      retry: options.retry,
      attemptTimeoutMs: options.attemptTimeoutMs,
      deliveryTimeoutMs: options.deliveryTimeoutMs,
    };
  }

  async #token(token: string): Promise<string> {
    const number = this.#tokens++;
    const fault = this.#plan.tokenFaults.find(({ at }) => at === number);
    if (fault === undefined) return token;
    this.#count(`fault token ${fault.what}`);
    if (fault.what === 'throws') throw new Error('the vault is closed');
    return `${TOKEN_SIGN}-of-yesterday`;
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #tell(line: () => string): void {
    if (this.#isTold)
      this.#story.push(`${String(Math.round(this.#time.now())).padStart(7)} ms  ${line()}`);
  }
}
