/// <reference lib="esnext.disposable" preserve="true" />
import type { CoalescerPorts, Ledger, Stats } from '../coalescer/index.ts';
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
import type { CallPipelineSettings } from '../pipeline/call-pipeline.ts';
import { CallPipeline } from '../pipeline/call-pipeline.ts';
import { InvalidCall, invalidCallError } from '../pipeline/invalid-call.ts';
import type { ReadAs } from '../pipeline/output-reader.ts';
import { AgentInstances } from '../resources/agent-instances.ts';
import { AgentSpans } from '../resources/agent-spans.ts';
import { Bulk } from '../resources/bulk.ts';
import type { Action } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import { createTransport, envelopeBytes, separatorBytes } from '../transport/bulk-transport.ts';
import { maxAnswerBytes } from '../transport/response-body.ts';
import type { AutobatchEvents } from './client-events.ts';
import { ClientEvents } from './client-events.ts';
import { onExitSignal } from './exit-signals.ts';
import { loopback } from './loopback.ts';
import type { AutobatchOptions, Options } from './options.ts';
import { onPageHide } from './page-hide.ts';
import { parseOptions } from './parse-options.ts';
import { WaitUntil } from './wait-until.ts';
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
  readonly #engine: Coalescer<Failure>;
  readonly #pipeline: CallPipeline;
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
    const busy = waitUntil && new WaitUntil({ waitUntil, logger });
    this.#events = new ClientEvents({
      apiUrl: settings.apiUrl,
      clock,
      logger: settings.logger,
      waiting: () => this.#engine.stats().ledger.pending,
      onIdle: busy && (() => busy.end()),
    });
    const ids = new Ids();
    const events = this.#events;
    const sender = senderOf(settings, { ids, clock, events });
    const { redact } = sender;
    const pipeline = () => this.#pipeline;
    this.#engine = engineOf({ settings, sender, clock, busy, events, pipeline });
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
   * settled.
   *
   * @throws {PrefactorInvalidArgumentError} the options are wrong; what is gathered is sent all the same
   */
  flush(options?: {
    /** Milliseconds after which it resolves, whatever has not settled. @default as long as it takes */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeLimit(options);
    const flushed = this.#engine.flush({ timeoutMs });
    return problem === undefined ? flushed : this.#decline('flush', problem);
  }

  /**
   * Takes no more calls, and sends what is queued; what has not settled in time rejects with
   * `PrefactorClosedError`. Resolves with the books, and never rejects; a second call returns the promise of the
   * first. Options that are wrong are told to `failure`, and count as not given.
   */
  close(options?: {
    /** Milliseconds after which what has not settled is rejected. @default 10_000 */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
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

  #pipelineOf(
    settings: Options,
    parts: Pick<CallPipelineSettings, 'ids' | 'redact'>,
  ): CallPipeline {
    const { maxItemBytes, disabled, beforeEnqueue, logger } = settings;
    return new CallPipeline({
      ...parts,
      engine: this.#engine,
      makesSpanIds: settings.ids === 'client',
      maxItemBytes,
      beforeEnqueue: disabled ? () => null : beforeEnqueue,
      onTerminate: (agentInstanceId, reason) => this.#terminate(agentInstanceId, reason),
      onJsonLosses: ignoresDebug(logger)
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

/** What carries requests. */
interface Sender extends Pick<CoalescerPorts<Failure>, 'send' | 'ping' | 'describe'> {
  /** Takes every token that was sent lately out of a text. */
  readonly redact: (text: string) => string;
}

function senderOf(
  settings: Options,
  { ids, clock, events }: { ids: Ids; clock: Clock; events: ClientEvents },
): Sender {
  const { apiToken, disabled } = settings;
  // Only a client that is disabled may have no token.
  if (disabled || apiToken === undefined) {
    return { send: loopback(ids), redact: (text) => text };
  }
  const transport = createTransport({ ...settings, apiToken }, clock);
  return { ...transport, ...events.watching(transport) };
}

interface EngineParts {
  readonly settings: Options;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly busy: WaitUntil | undefined;
  readonly events: ClientEvents;
  /** It is made after the engine, and is asked only once there are calls. */
  readonly pipeline: () => CallPipeline;
}

function engineOf(parts: EngineParts): Coalescer<Failure> {
  const { settings, sender, clock, busy, events, pipeline } = parts;
  const schedule = scheduleOf(settings.batch.window, { clock, logger: settings.logger });
  return new Coalescer({
    ...sender,
    overdue: (ms): Failure => ({ kind: 'timeout', ms }),
    toError: createToError({ redact: sender.redact, ids: settings.ids }),
    toRecord: createToRecord(sender.redact),
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
