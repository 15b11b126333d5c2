/// <reference lib="esnext.disposable" preserve="true" />
import type { Ledger, Stats } from '../coalescer/index.ts';
import { Coalescer } from '../coalescer/index.ts';
import type { PrefactorIssue } from '../errors/argument-error.ts';
import type { Failure } from '../errors/failure.ts';
import { createToError } from '../errors/from-reason.ts';
import { createToRecord } from '../errors/reason-record.ts';
import { Ids } from '../ids/ids.ts';
import { bindMethods } from '../lib/bind-methods.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { ignoresDebug } from '../lib/logger.ts';
import { LruMap } from '../lib/lru-map.ts';
import { readTimeLimit } from '../lib/timeout-option.ts';
import { Pipeline } from '../pipeline/call-pipeline.ts';
import { DisabledEngine } from '../pipeline/disabled-engine.ts';
import type { ClientEngine } from '../pipeline/engine.ts';
import { InvalidCall, invalidCallError } from '../pipeline/invalid-call.ts';
import type { ReadAs } from '../pipeline/output-reader.ts';
import type { PipelineSettings } from '../pipeline/pipeline-settings.ts';
import { AgentInstances } from '../resources/agent-instances.ts';
import { AgentSpans } from '../resources/agent-spans.ts';
import { Bulk } from '../resources/bulk.ts';
import type { Action } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import type { Transport } from '../transport/bulk-transport.ts';
import { createTransport, envelopeBytes, separatorBytes } from '../transport/bulk-transport.ts';
import { maxAnswerBytes } from '../transport/response-body.ts';
import type { AutobatchEvents } from './client-events.ts';
import { ClientEvents } from './client-events.ts';
import { onExitSignal } from './exit-signals.ts';
import type { AutobatchOptions, Options } from './options.ts';
import { onPageHide } from './page-hide.ts';
import { parseOptions } from './parse-options.ts';
import { BusyPeriods } from './wait-until.ts';
import { scheduleOf } from './window.ts';

/** Says what to do about what was made of a payload; which, stands beside it. */
const EMPTIED = 'JSON writes {} for what is no plain object: copy what you need of it into one.';

/** Ended runs that are remembered, so that each is told of once. */
const MAX_ENDED_RUNS = 10_000;

/**
 * A client of the Prefactor API whose calls are written one by one and travel in batches. No caller
 * can tell, except that it is fast: each call has its own result, whatever becomes of its neighbours.
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
  /** Batches that the caller packs. */
  readonly bulk: Bulk;
  readonly #events: ClientEvents;
  readonly #engine: ClientEngine;
  readonly #pipeline: Pipeline;
  readonly #stopListening: readonly (() => void)[];
  readonly #endedRuns = new LruMap<string, true>({ max: MAX_ENDED_RUNS });

  static {
    // A runtime without that symbol has named the method "undefined" instead. Compilers that translate
    // `await using` look for it by the other symbol there.
    if (Symbol.asyncDispose === undefined) {
      const { prototype } = AutobatchClient;
      Reflect.deleteProperty(prototype, 'undefined');
      Object.defineProperty(prototype, Symbol.for('Symbol.asyncDispose'), {
        value: async function (this: AutobatchClient): Promise<void> {
          await this.close();
        },
      });
    }
  }

  /**
   * Opens no connection, and starts no timer.
   * @throws {PrefactorInvalidArgumentError} an option is wrong or unknown, or there is no token
   */
  constructor(options: AutobatchOptions = {}) {
    const settings = parseOptions(options);
    const clock = systemClock();
    const { waitUntil, logger } = settings;
    const busy = waitUntil && new BusyPeriods({ waitUntil, logger });
    this.#events = new ClientEvents({
      apiUrl: settings.apiUrl,
      clock,
      logger: settings.logger,
      waiting: () => this.#engine.stats().ledger.pending,
      onIdle: busy && (() => busy.end()),
    });
    const ids = new Ids();
    const transport = transportOf(settings, clock);
    const events = this.#events;
    this.#engine =
      transport === undefined
        ? new DisabledEngine({ events, ids })
        : engineOf({ settings, transport, clock, busy, events, pipeline: () => this.#pipeline });
    const redact = transport?.redact ?? ((text: string) => text);
    this.#pipeline = this.#pipelineOf(settings, { ids, redact });
    this.agentInstances = new AgentInstances(this.#pipeline);
    this.agentSpans = new AgentSpans(this.#pipeline);
    this.bulk = new Bulk({
      engine: this.#engine,
      envelopeBytes,
      separatorBytes,
      onWork: (work) => busy?.await(work),
      redact,
    });
    bindMethods(this, 'submit', 'flush', 'close', 'ready', 'stats', 'on');
    this.#stopListening = settings.disabled
      ? []
      : [
          onExitSignal(settings.exitSignals, () => this.close(), settings.logger),
          onPageHide((budgetBytes) => this.#engine.sendOutliving(budgetBytes)),
        ];
  }

  /**
   * Submits any action that the bulk endpoint takes, in wire form; resolves with its output as the
   * wire has it. An action of a type that has a method here is ordered as a call of that method is;
   * `options` names what else it depends on. What is not given is not filled in, but for the key.
   *
   * @throws as the methods do
   *
   * An abort rejects with the signal's reason; an action that is in flight by then may be done still.
   *
   * @example
   * const output = await client.submit({ _type: 'agents/show', agent_id: 'my-agent-id' });
   */
  submit(action: Action, options?: SubmitOptions): ActionPromise<unknown> {
    return this.#pipeline.submit(action, options);
  }

  /**
   * Sends what is gathered at once. Resolves with the books when all that was called before has
   * settled, or after `timeoutMs` milliseconds. @default as long as it takes
   *
   * @throws {PrefactorInvalidArgumentError} the options are wrong; what is gathered is sent all the same
   */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeLimit(options);
    const flushed = this.#engine.flush({ timeoutMs });
    return problem === undefined ? flushed : this.#decline('flush', problem);
  }

  /**
   * Takes no more calls, and sends what is queued; what has not settled after `timeoutMs`
   * milliseconds rejects with `PrefactorClosedError`. Resolves with the books, and never rejects; a
   * second call returns the promise of the first. Options that are wrong are told to `failure`, and as
   * if they were not given. @default 10_000
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeLimit(options);
    for (const stop of this.#stopListening) stop();
    const closed = this.#engine.close({ timeoutMs });
    if (problem !== undefined) void this.#decline('close', problem);
    return closed;
  }

  /** `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Resolves when the queue has room: at once below 80 % of its bounds, else as soon as it is below.
   * Await it between calls, and none is rejected for a full queue.
   * @throws {PrefactorClosedError} the client is closed
   */
  ready(): Promise<void> {
    const ready = this.#engine.ready();
    // Marked as handled, as each call is: nobody has to wait for it.
    ready.catch(() => {});
    return ready;
  }

  /** The queue at this moment, what was done so far, and the books. */
  stats(): Stats {
    return this.#engine.stats();
  }

  /**
   * Tells `listener` of each event of that name. It only watches; if it throws, that harms nothing.
   * Returns the function that removes it.
   *
   * @throws {PrefactorInvalidArgumentError} at once: there is no such event, or `listener` is no function
   */
  on<Name extends keyof AutobatchEvents>(
    event: Name,
    listener: (detail: AutobatchEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(event, listener);
  }

  #pipelineOf(settings: Options, parts: Pick<PipelineSettings, 'ids' | 'redact'>): Pipeline {
    const { maxItemBytes, disabled, beforeEnqueue, logger } = settings;
    return new Pipeline({
      ...parts,
      engine: this.#engine,
      makesSpanIds: settings.ids === 'client',
      maxItemBytes,
      disabled,
      beforeEnqueue,
      onTerminate: (agentInstanceId, reason) => this.#terminate(agentInstanceId, reason),
      onEmptied: ignoresDebug(logger)
        ? undefined
        : (emptied) => this.#events.debug(EMPTIED, emptied),
    });
  }

  #decline(type: string, problem: PrefactorIssue): Promise<never> {
    const error = invalidCallError(new InvalidCall([problem]), type);
    return this.#engine.decline(error, { key: undefined, type });
  }

  #terminate(agentInstanceId: string, reason: string | null): void {
    if (this.#endedRuns.get(agentInstanceId) !== undefined) return;
    this.#endedRuns.set(agentInstanceId, true);
    this.#events.emit('terminate', { agentInstanceId, reason });
  }
}

/** None with `disabled`; without a token the options are refused otherwise. */
function transportOf(settings: Options, clock: Clock): Transport | undefined {
  const { apiToken, disabled } = settings;
  if (disabled || apiToken === undefined) return undefined;
  return createTransport({ ...settings, apiToken }, clock);
}

interface EngineParts {
  readonly settings: Options;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly busy: BusyPeriods | undefined;
  readonly events: ClientEvents;
  /** It is made after the engine, and is asked only once there are calls. */
  readonly pipeline: () => Pipeline;
}

function engineOf(parts: EngineParts): ClientEngine {
  const { settings, transport, clock, busy, events, pipeline } = parts;
  const schedule = scheduleOf(settings.batch.window, { clock, logger: settings.logger });
  return new Coalescer({
    ...events.watching(transport),
    describe: transport.describe,
    overdue: (ms): Failure => ({ kind: 'timeout', ms }),
    toError: createToError({ redact: transport.redact, ids: settings.ids }),
    toRecord: createToRecord(transport.redact),
    clock,
    schedule: busy?.watching(schedule) ?? schedule,
    events,
    read: (output, readAs) => pipeline().reader.read(output, readAs as ReadAs),
    onNamed: (name, id) => pipeline().learn(name, id),
    settings: {
      ...settings.batch,
      onSkipped: settings.onSkipped,
      queue: settings.queue,
      retry: settings.retry,
      deliveryTimeoutMs: settings.deliveryTimeoutMs,
      attemptTimeoutMs: settings.attemptTimeoutMs,
      envelopeBytes,
      separatorBytes,
      // What is expected of an answer is a guess: half of what is read leaves room for it to be wrong.
      maxAnswerBytes: maxAnswerBytes / 2,
    },
  });
}
