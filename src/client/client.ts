/// <reference lib="esnext.disposable" preserve="true" />
import type { Ledger, Stats } from '../coalescer/index.ts';
import { Coalescer } from '../coalescer/index.ts';
import type { AttemptFailure } from '../errors/attempt-failure.ts';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { createToError } from '../errors/from-reason.ts';
import { createToRecord } from '../errors/reason-record.ts';
import { IdGenerator } from '../ids/id-generator.ts';
import { bindMethods } from '../lib/bind-methods.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock, withoutTimers } from '../lib/clock.ts';
import { deferred } from '../lib/deferred.ts';
import { ignoresDebug } from '../lib/logger.ts';
import { LruMap } from '../lib/lru-map.ts';
import { readTimeoutOption } from '../lib/timeout-option.ts';
import { CallPipeline } from '../pipeline/call-pipeline.ts';
import { InvalidCall, invalidCallError } from '../pipeline/invalid-call.ts';
import type { ReadAs } from '../pipeline/output-reader.ts';
import { AgentInstances } from '../resources/agent-instances.ts';
import { AgentSpans } from '../resources/agent-spans.ts';
import { Bulk } from '../resources/bulk.ts';
import type { Action } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import type { ActionOf } from '../schemas/known-actions.ts';
import { takesAction } from '../schemas/known-actions.ts';
import type { Transport } from '../transport/bulk-transport.ts';
import { createTransport, envelopeBytes, separatorBytes } from '../transport/bulk-transport.ts';
import { maxAnswerBytes } from '../transport/response-body.ts';
import { scheduleOf } from './batch-window.ts';
import type { ClientDoor } from './client-door.ts';
import { clientDoor } from './client-door.ts';
import type { AutobatchEvents } from './client-events.ts';
import { ClientEvents } from './client-events.ts';
import { ClientLog } from './client-log.ts';
import type { AutobatchOptions } from './client-options.ts';
import { onExitSignal } from './exit-signals.ts';
import { loopback } from './loopback.ts';
import { onPageHide } from './page-hide.ts';
import type { Options } from './parse-options.ts';
import { parseOptions } from './parse-options.ts';
import { WaitUntil } from './wait-until.ts';

/**
 * A client of the Prefactor API. You write calls one by one, and they travel in batches; each call has a result of
 * its own, whatever becomes of the others.
 *
 * @example
 * const client = new AutobatchClient(); // PREFACTOR_API_URL, PREFACTOR_API_TOKEN
 * const run = client.agentInstances.register({ agentId: 'my-agent-id' });
 * client.agentInstances.start(run);
 * const root = client.agentSpans.create({
 *   agentInstanceId: run,
 *   schemaName: 'agent:llm',
 *   status: 'active',
 * });
 * client.agentSpans.finish(root);
 * client.agentInstances.finish(run);
 * await client.close();
 */
export class AutobatchClient {
  /** Runs of agents. */
  readonly agentInstances: AgentInstances;
  /** What happens within a run. */
  readonly agentSpans: AgentSpans;
  /** Batches that you pack yourself. */
  readonly bulk: Bulk;
  readonly #events: ClientEvents;
  readonly #log: ClientLog;
  readonly #engine: Coalescer<AttemptFailure>;
  readonly #pipeline: CallPipeline;
  readonly #door: ClientDoor;
  readonly #closed = deferred<void>();
  readonly #stopListening: readonly (() => void)[];
  /** Remembered, so that `terminate` is emitted once for each. */
  readonly #terminated = new LruMap<string, true>({ max: 10_000 });

  static {
    // A runtime without that symbol has named the method "undefined" instead. Compilers that translate
    // `await using` look for it by the other symbol there.
    if (Symbol.asyncDispose === undefined) {
      const { prototype } = AutobatchClient;
      const method = Object.getOwnPropertyDescriptor(prototype, 'undefined') ?? {};
      Object.defineProperty(prototype, Symbol.for('Symbol.asyncDispose'), method);
      Reflect.deleteProperty(prototype, 'undefined');
    }
  }

  /**
   * Opens no connection, and starts no timer.
   * @throws {PrefactorInvalidArgumentError} an option is wrong or unknown, or there is no token
   */
  constructor(options: AutobatchOptions = {}) {
    const settings = parseOptions(options);
    const { apiUrl, disabled, exitSignals, logger } = settings;
    // A loopback's answers need no time, so there is no limit of time to keep.
    const clock = disabled ? withoutTimers(systemClock()) : systemClock();
    const waitUntil = settings.waitUntil && new WaitUntil(settings.waitUntil, logger);
    const events = new ClientEvents({ clock, logger });
    this.#events = events;
    if (waitUntil !== undefined) events.onSync('idle', () => waitUntil.end());
    const waiting = (): number => this.#engine.stats().ledger.pending;
    this.#log = new ClientLog({ apiUrl, clock, logger, waiting, events });
    const ids = new IdGenerator();
    const transport = this.#transportOf(settings, ids, clock);
    const { redact } = transport;
    this.#engine = this.#engineOf(settings, transport, clock, waitUntil);
    this.#pipeline = this.#pipelineOf(settings, ids, redact);
    this.agentInstances = new AgentInstances(this.#pipeline);
    this.agentSpans = new AgentSpans(this.#pipeline);
    this.bulk = new Bulk({
      engine: this.#engine,
      onWork: (work) => waitUntil?.await(work),
      redact,
    });
    this.#door = this.#doorOf(settings, transport);
    bindMethods(this, 'submit', 'flush', 'close', 'ready', 'stats', 'on');
    this.#stopListening = disabled
      ? []
      : [
          onExitSignal(exitSignals, () => this.close(), logger),
          onPageHide((budgetBytes) => this.#engine.sendOutliving(budgetBytes)),
        ];
  }

  /**
   * Sends any action that the bulk endpoint takes, given in wire form, and resolves with its output in wire form.
   * Only the key is filled in. An action whose type has a method here is ordered like a call of that method;
   * `options` says what else it depends on.
   *
   * @throws as the methods do
   *
   * An abort rejects with the signal's reason. An action that is in flight by then may still be done.
   *
   * @example
   * const output = await client.submit({ _type: 'agents/show', agent_id: 'my-agent-id' });
   */
  submit<const Type extends string>(
    action: ActionOf<Type>,
    options?: SubmitOptions,
  ): ActionPromise<unknown> {
    return this.#pipeline.submit(action as Action, options);
  }

  /**
   * Sends the calls that wait for their window at once. Resolves with the ledger when all calls made so far have
   * settled.
   *
   * @throws {PrefactorInvalidArgumentError} the options are wrong; the calls are sent all the same
   */
  flush(options?: {
    /** Milliseconds after which it resolves, whatever has not settled. @default as long as it takes */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    const flushed = this.#engine.flush({ timeoutMs });
    return problem === undefined ? flushed : this.#decline('flush', problem);
  }

  /**
   * Takes no more calls, and sends what is queued; what has not settled in time rejects with
   * `PrefactorClosedError`. Resolves with the ledger, and never rejects; a second call returns the promise of the
   * first. Wrong options count as not given, and the event `failure` tells of them.
   */
  close(options?: {
    /** Milliseconds after which what has not settled is rejected. @default 10_000 */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    for (const stop of this.#stopListening) stop();
    const closed = this.#engine.close({ timeoutMs });
    if (problem !== undefined) void this.#decline('close', problem);
    void closed.then(() => this.#closed.resolve());
    return closed;
  }

  /** `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Resolves when the queue has room: at once below 80 % of its bounds, else as soon as it is below. Await it
   * between calls, and none is rejected because the queue is full.
   * @throws {PrefactorClosedError} the client is closed
   */
  ready(): Promise<void> {
    const ready = this.#engine.ready();
    // Marked as handled, as each call is: it need not be awaited.
    ready.catch(() => {});
    return ready;
  }

  /** The queue as it is now, counters of what was done so far, and the ledger. */
  stats(): Stats {
    return this.#engine.stats();
  }

  /**
   * Calls `listener` at each event of that name, and returns the function that removes it. Nothing that the
   * listener does or throws changes what the client does.
   *
   * @throws {PrefactorInvalidArgumentError} at once: there is no such event, or `listener` is no function
   */
  on<Name extends keyof AutobatchEvents>(
    event: Name,
    listener: (detail: AutobatchEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(event, listener);
  }

  /** @internal */
  get [clientDoor](): ClientDoor {
    return this.#door;
  }

  #doorOf(
    { apiUrl, apiToken, beforeEnqueue, logger }: Options,
    { nameSdks, bulkEndpoint }: ClientTransport,
  ): ClientDoor {
    return {
      apiUrl,
      logger,
      apiToken,
      accepted: () => this.#engine.accepted,
      takes: takesAction,
      hasHook: beforeEnqueue !== undefined,
      nameSdks: (names) => nameSdks?.(names),
      closed: this.#closed.promise,
      remaining: () => {
        const endpoint = bulkEndpoint?.();
        return endpoint && { ...endpoint, items: this.#engine.pending() };
      },
    };
  }

  #transportOf(settings: Options, ids: IdGenerator, clock: Clock): ClientTransport {
    const { apiToken, disabled } = settings;
    // Only a client that is disabled may have no token.
    if (disabled || apiToken === undefined) {
      return { send: loopback(ids), redact: (text) => text };
    }
    const transport = createTransport({ ...settings, apiToken }, clock);
    return { ...transport, ...this.#log.watching(transport) };
  }

  /** The engine asks for the pipeline, which is made after it, only once there are calls. */
  #engineOf(
    settings: Options,
    transport: ClientTransport,
    clock: Clock,
    waitUntil: WaitUntil | undefined,
  ): Coalescer<AttemptFailure> {
    const { batch, logger } = settings;
    const schedule = scheduleOf(batch.window, { clock, logger });
    return new Coalescer({
      ...settings,
      ...batch,
      ...transport,
      overdue: (ms): AttemptFailure => ({ kind: 'timeout', ms }),
      toError: createToError(transport.redact, settings.ids),
      toRecord: createToRecord(transport.redact),
      clock,
      schedule: waitUntil?.watching(schedule) ?? schedule,
      events: this.#events,
      read: (output, readAs) => this.#pipeline.reader.read(output, readAs as ReadAs),
      onNamed: (name, id) => this.#pipeline.learn(name, id),
      envelopeBytes,
      separatorBytes,
      // The expected size of an answer is a guess: half of what is read leaves room for it to be wrong.
      maxAnswerBytes: maxAnswerBytes / 2,
    });
  }

  #pipelineOf(settings: Options, ids: IdGenerator, redact: Transport['redact']): CallPipeline {
    return new CallPipeline({
      ...settings,
      ids,
      redact,
      engine: this.#engine,
      makesSpanIds: settings.ids === 'client',
      onTerminate: (agentInstanceId, reason) => this.#terminate(agentInstanceId, reason),
      onJsonLosses: ignoresDebug(settings.logger)
        ? undefined
        : (losses) =>
            this.#log.debug(
              'JSON writes {} for what is no plain object: copy what you need of it into one.',
              losses,
            ),
    });
  }

  #decline(type: string, problem: PrefactorIssue): Promise<never> {
    const error = invalidCallError(new InvalidCall([problem]), type);
    return this.#engine.decline(error, { key: undefined, type });
  }

  #terminate(agentInstanceId: string, reason: string | null): void {
    if (this.#terminated.set(agentInstanceId, true) !== undefined) return;
    this.#events.emit('terminate', { agentInstanceId, reason });
  }
}

/** What carries requests; a client that is disabled needs no more than the two. */
type ClientTransport = Partial<Transport> & Pick<Transport, 'send' | 'redact'>;
