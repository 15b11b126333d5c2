/** The client, the second server and the agents of one seed, whatever carries the requests. */
import type { AutobatchClient, AutobatchOptions } from '../../src/index.ts';
import { Books } from './books.ts';
import { Caller } from './caller.ts';
import { CallBook, errorOf, maybeApplied } from './calls.ts';
import { EVENTS, Meddler } from './meddler.ts';
import type { Plan } from './plan.ts';
import { OTHER_TOKEN, TOKEN } from './plan.ts';
import type { Seams } from './seams.ts';
import { holds } from './secret.ts';
import { Service } from './server/service.ts';
import { makeStrangers } from './server/strangers.ts';
import type { Carrier } from './settings.ts';
import { optionsFrom } from './settings.ts';
import { Signals } from './signals.ts';
import type { Story, Violation } from './story.ts';
import type { Time } from './time.ts';
import { Verdicts } from './verdicts.ts';
import { Wire } from './wire.ts';

export type ClientClass = new (options: AutobatchOptions) => AutobatchClient;

export interface Result {
  readonly violations: readonly Violation[];
  /** What happened, line by line; empty unless asked for. */
  readonly story: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

export interface Stage {
  readonly Client: ClientClass;
  readonly plan: Plan;
  readonly time: Time;
  readonly story: Story;
  readonly seams: Seams;
  /** Whether requests are seen as they leave, or only as they come to the server. */
  readonly isSeenFromAfar: boolean;
}

export class Play {
  readonly wire: Wire;
  readonly service: Service;
  events = 0;
  readonly #stage: Stage;
  readonly #book = new CallBook();
  readonly #works = new Set<Promise<unknown>>();
  readonly #counts: Record<string, number> = {};
  #client: AutobatchClient | undefined;
  #caller: Caller | undefined;
  #books: Books | undefined;
  #signals: Signals | undefined;
  readonly #ended = new Set<string>();
  #failures = 0;

  constructor(stage: Stage) {
    const { plan, time, story, isSeenFromAfar } = stage;
    this.#stage = stage;
    this.wire = new Wire(plan, this.#book, story, { now: time.now, isSeenFromAfar });
    const { now, wallNow } = time;
    this.service = new Service(plan, { now, wallNow, token: TOKEN, tell: story.tell });
  }

  /** All that was called has come to its end. */
  get isOver(): boolean {
    return this.wire.isClosed && this.#caller?.waiting.size === 0;
  }

  begin(carrier: Carrier): void {
    const { Client, plan, time, story, seams } = this.#stage;
    const book = this.#book;
    const meddler = new Meddler(plan, story);
    const signals = new Signals(plan, story, meddler);
    const onLog = (level: string, words: readonly unknown[]): void => {
      time.stir();
      this.#guard(`the log (${level})`, words);
      story.tell(() => `log ${level}: ${String(words[0])}`);
    };
    const onWork = (work: Promise<unknown>): void => {
      this.#works.add(work);
      const over = (): void => void this.#works.delete(work);
      work.then(over, over);
    };
    const client = new Client(
      optionsFrom({ plan, time, story, meddler, token: TOKEN, onLog, onWork }, carrier),
    );
    const caller = new Caller({ plan, client, time, story, book, meddler, signals, seams });
    const books = new Books(client, book, story, seams, signals);
    meddler.hands = { client, caller, signals, look: () => books.look() };
    for (const { kind, id } of makeStrangers(this.service.state)) caller.addForeign(kind, id);
    for (const event of EVENTS) {
      client.on(event, (detail) => {
        time.stir();
        this.events++;
        this.#count(`event ${event}`);
        if ('error' in detail) {
          this.#failures++;
          const { error } = detail;
          story.tell(() => `failure: ${error instanceof Error ? error.name : String(error)}`);
        }
        if ('reason' in detail && 'agentInstanceId' in detail) this.#end(detail.agentInstanceId);
        this.#guard(`the event ${event}`, detail);
        return meddler.heard(event);
      });
    }
    this.#client = client;
    this.#caller = caller;
    this.#books = books;
    this.#signals = signals;
    this.#schedule(client, caller);
  }

  /** What is to be said when all is over. */
  finish(): Result {
    const { plan, time, story } = this.#stage;
    const { wire } = this;
    const { effects } = this.service;
    if (!this.isOver) {
      const open = [...(this.#caller?.waiting.values() ?? [])];
      story.fail('settles', `open at the end: ${open.join(', ')}`);
    }
    if (this.#works.size > 0) {
      story.fail('at rest', `${this.#works.size} promises of waitUntil are left`);
    }
    if (this.#signals !== undefined) {
      const { stoppedMs } = time;
      const signals = this.#signals;
      const verdicts = new Verdicts({
        plan,
        book: this.#book,
        wire,
        effects,
        signals,
        story,
        isFated: (marker) => this.service.fateOf(marker).kind !== 'fine',
        stoppedMs,
      });
      verdicts.give();
      this.#books?.close((call) => verdicts.effectOf(call) !== undefined);
    }
    this.#checkFailures();
    this.#checkGauges();
    for (const { outcome } of this.#book.all) {
      const error = outcome?.kind === 'rejected' ? outcome.error : undefined;
      this.#guard('an error', error);
      const name = error instanceof Error ? error.name : typeof error;
      this.#count(`outcome ${outcome?.kind === 'resolved' ? 'resolved' : name}`);
    }
    const counts = {
      ...this.#counts,
      requests: wire.all.length,
      pings: wire.pings,
      effects: effects.length,
      calls: this.#book.all.length,
      looks: this.#books?.looks ?? 0,
    };
    return { violations: story.violations, story: story.lines, counts };
  }

  /** What is called at once is called in one run of code. */
  #schedule(client: AutobatchClient, caller: Caller): void {
    const { plan, time } = this.#stage;
    const { steps } = plan;
    for (const at of new Set(steps.map((step) => step.at))) {
      time.after(at, () => {
        for (const step of steps) if (step.at === at) caller.do(step.what, step.name);
      });
    }
    time.after((steps.at(-1)?.at ?? 0) + 1, () => {
      void this.#close(client, caller);
    });
  }

  async #close(client: AutobatchClient, caller: Caller): Promise<void> {
    const { flushes, closeMs } = this.#stage.plan.ending;
    if (flushes) await client.flush();
    caller.close(closeMs);
    await client.close();
    this.wire.isClosed = true;
    this.#stage.time.stir();
  }

  #end(runId: string): void {
    if (this.#ended.has(runId)) this.#stage.story.fail('events', `${runId} was ended twice`);
    this.#ended.add(runId);
  }

  #checkFailures(): void {
    // An abort is no failure (docs/decisions/aborts-are-no-failures.md).
    const failed = this.#book.all.filter((call) => maybeApplied(errorOf(call)) !== undefined);
    const surely = failed.filter(({ isFromFailure }) => isFromFailure === 'no').length;
    const silent = failed.filter(
      ({ isFromFailure, wasClosed }) => isFromFailure === 'yes' && wasClosed === 'before',
    ).length;
    const most = failed.length - silent;
    if (this.#failures < surely || this.#failures > most) {
      this.#stage.story.fail(
        'failures',
        `${this.#failures} were told of, and ${surely} to ${most} calls have failed`,
      );
    }
  }

  #checkGauges(): void {
    if (this.#client === undefined) return;
    const { queued, blocked, inFlight, queuedBytes } = this.#client.stats();
    if (queued + blocked + inFlight + queuedBytes > 0) {
      this.#stage.story.fail('at rest', JSON.stringify({ queued, blocked, inFlight, queuedBytes }));
    }
  }

  #guard(what: string, value: unknown): void {
    if ([TOKEN, OTHER_TOKEN].some((token) => holds(value, token)))
      this.#stage.story.fail('secret', `${what} holds the token`);
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}
