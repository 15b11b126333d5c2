import { bindMethods } from '../lib/bind-methods.ts';
import type { CallPipeline } from '../pipeline/call-pipeline.ts';
import type { ActionPromise, Ref } from '../schemas/action-promise.ts';
import type {
  AgentSpan,
  AgentSpanCreateParams,
  AgentSpanFinishParams,
} from '../schemas/agent-spans.ts';
import { createAgentSpan, finishAgentSpan } from '../schemas/agent-spans.ts';
import type { CallOptions } from '../schemas/call-options.ts';

/** Spans: what happens within the run of an agent. */
export class AgentSpans {
  readonly #pipeline: CallPipeline;

  /** @internal */
  constructor(pipeline: CallPipeline) {
    this.#pipeline = pipeline;
    bindMethods(this, 'create', 'finish');
  }

  /**
   * Records a span: one that runs, to be finished later, or one that has ended. It goes after its
   * instance and its parent, which may be calls that are still on their way.
   *
   * The arguments are taken over at the call; later changes to them change nothing. Nothing is
   * thrown: the promise rejects, and may as well be left alone.
   *
   * @throws {PrefactorInvalidArgumentError} an argument is wrong, impossible to serialise, or too large
   * @throws {PrefactorDependencyError} the instance or the parent could not be made; it was not sent
   * @throws {PrefactorConflictError} there is a span with that id, or the run is over
   * @throws {PrefactorApiError} the API refused it; see the subclasses for why
   * @throws {PrefactorQueueFullError} the queue has no room: await `client.ready()` between calls
   * @throws {PrefactorRetryExhaustedError} no usable answer in time; it may have been done
   * @throws {PrefactorClosedError} the client is closed
   *
   * An abort rejects with the signal's reason; a span that is in flight by then may be recorded still.
   *
   * @example
   * const root = client.agentSpans.create({
   *   agentInstanceId: run,
   *   schemaName: 'agent:llm',
   *   status: 'active',
   *   payload: { prompt: 'Where is my order?' },
   * });
   * client.agentSpans.create({
   *   agentInstanceId: run,
   *   parentSpanId: root,
   *   schemaName: 'agent:tool',
   *   status: 'complete',
   * });
   */
  create(params: AgentSpanCreateParams, options?: CallOptions): ActionPromise<AgentSpan> {
    return this.#pipeline.call(createAgentSpan, undefined, params, options);
  }

  /**
   * Ends a span. It goes after the span's create and after all its children that were created
   * before this call. Accepted also when the queue is full, where this client made the span.
   *
   * @throws as `create` does, and {PrefactorConflictError} where the span is finished already
   *
   * An abort rejects with the signal's reason; a finish that is in flight by then may be done still.
   *
   * @example
   * client.agentSpans.finish(root, { status: 'complete', resultPayload: { answer: 'Tomorrow.' } });
   */
  finish(
    span: Ref<AgentSpan>,
    params: AgentSpanFinishParams = {},
    options?: CallOptions,
  ): ActionPromise<AgentSpan> {
    return this.#pipeline.call(finishAgentSpan, span, params, options);
  }
}
