import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { AgentInstanceRegisterParams, AutobatchClient } from '../index.ts';
import { isInOwnRequest } from '../lib/async-context.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { loggerOf } from '../lib/logger.ts';
import { catchRejection } from '../lib/user-code.ts';
import { isObjectLike, isText, problemsOf } from '../lib/value-checks.ts';
import { traced } from '../trace/index.ts';
import { redactionOf } from '../trace/redaction.ts';
import { OpenTraces } from './open-traces.ts';
import type { SpanProcessorOptions } from './processor-options.ts';
import { ownOptionChecks, ownOptionsOf } from './processor-options.ts';

/**
 * Records traces of OpenTelemetry as runs, and their spans as spans. Register it like any other processor:
 * `new NodeTracerProvider({ spanProcessors: [new PrefactorSpanProcessor(client)] })`.
 *
 * None of its methods throws, and requests of an `AutobatchClient` never become spans.
 */
export class PrefactorSpanProcessor implements SpanProcessor {
  readonly #client: AutobatchClient;
  readonly #traces: OpenTraces;
  readonly #options: SpanProcessorOptions;
  readonly #logger: Logger;
  readonly #clock: Clock = systemClock();
  readonly #told = new Set<string>();
  #shutdown: Promise<void> | undefined;

  /** @throws {TypeError} an option is wrong or unknown, or `client` is none */
  constructor(client: AutobatchClient, options: SpanProcessorOptions = {}) {
    const { own, ofTracer } = ownOptionsOf(options);
    const problems = problemsOf(own, ownOptionChecks, 'options');
    if (problems.length > 0) throw new TypeError(`${problems.join('; ')}.`);
    const tracer = traced(client, ofTracer);
    const { logger } = ofTracer;
    this.#client = client;
    this.#options = own;
    this.#logger = loggerOf(logger);
    this.#traces = new OpenTraces({
      tracer,
      redaction: redactionOf(ofTracer.redact ?? []),
      maxOpenRuns: ofTracer.maxOpenRuns ?? 1_000,
      maxOpenSpans: ofTracer.maxOpenSpans ?? 10_000,
      runParamsOf: (span) => this.#runParamsOf(span),
      isRecorded: (span) => this.#isRecorded(span),
      onEvicted: (why) => this.#tellOnce(why),
      guarded: (run) => this.#guarded(run),
    });
  }

  onStart(span: ReadableSpan): void {
    if (this.#shutdown !== undefined || isInOwnRequest()) return;
    this.#guarded(() => this.#traces.start(span));
  }

  onEnd(span: ReadableSpan): void {
    this.#guarded(() => this.#traces.end(span));
  }

  /**
   * Resolves when all that has ended so far has settled. Calls that failed have settled: the client's event `failure`
   * tells of them.
   *
   * @throws {Error} `flushTimeoutMs` was not enough; nothing is lost by that
   */
  async forceFlush(): Promise<void> {
    this.#guarded(() => this.#traces.catchUp());
    const pending = await this.#flush();
    if (pending > 0) throw new Error(notFlushed(pending, this.#timeoutMs));
  }

  /**
   * Ends what is open as cancelled, and flushes. Later spans are ignored. A second call is the same as the first. What is
   * left when `flushTimeoutMs` is over stays with the client, which goes on with it; the log says so.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#end();
    return this.#shutdown;
  }

  async #end(): Promise<void> {
    try {
      this.#traces.closeAll();
      const timeoutMs = this.#timeoutMs;
      const pending = this.#options.closeClient
        ? (await this.#client.close({ timeoutMs })).pending
        : await this.#flush();
      if (pending > 0) this.#logger.warn(notFlushed(pending, timeoutMs));
    } catch (error) {
      this.#logger.error('The span processor could not be shut down.', error);
    }
  }

  /** How many calls are left when the time is over; 0 if it was enough. */
  async #flush(): Promise<number> {
    const timeoutMs = this.#timeoutMs;
    const since = this.#clock.now();
    const { pending } = await this.#client.flush({ timeoutMs });
    return this.#clock.now() - since >= timeoutMs ? pending : 0;
  }

  get #timeoutMs(): number {
    return this.#options.flushTimeoutMs ?? 30_000;
  }

  #runParamsOf(span: ReadableSpan): AgentInstanceRegisterParams {
    const { 'service.name': service, 'service.version': version } = span.resource.attributes;
    // What has no name is called so by the SDK of OpenTelemetry, and by the official SDK.
    const isNamed = isText(service) && !service.startsWith('unknown_service');
    const name = isNamed ? service : 'Agent';
    const agentVersion = { name, ...(isText(version) && { externalIdentifier: version }) };
    const { run } = this.#options;
    const given = this.#asked('run', () => (typeof run === 'function' ? run(span) : run));
    const params = isObjectLike(given) ? this.#asked('run', () => ({ ...given })) : undefined;
    return { agentVersion, ...params };
  }

  #isRecorded(span: ReadableSpan): boolean {
    const { filter } = this.#options;
    return filter === undefined || this.#asked('filter', () => filter(span)) !== false;
  }

  /** What an option of the user's answers; undefined where it fails, or does not answer at once. */
  #asked<T>(option: string, ask: () => T): T | undefined {
    try {
      const answer = ask();
      if (!catchRejection(answer, () => {})) return answer;
      this.#tellOnce(
        `The option ${option} has returned a promise, but has to answer at once: it is ignored for that span.`,
      );
      return undefined;
    } catch (error) {
      this.#tellOnce(`The option ${option} has thrown: it is ignored for that span.`, error);
      return undefined;
    }
  }

  /** What is wrong here must not fail the code that is traced. */
  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#tellOnce('A span could not be recorded.', error);
      return undefined;
    }
  }

  #tellOnce(message: string, ...detail: unknown[]): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#logger.warn(message, ...detail);
  }
}

function notFlushed(pending: number, timeoutMs: number): string {
  return `${pending} calls have not settled within ${timeoutMs} ms (flushTimeoutMs). The client goes on with them.`;
}
