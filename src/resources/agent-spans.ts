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

/** Pieces of work within the run of an agent. */
export class AgentSpans {
  readonly #pipeline: CallPipeline;

  /** @internal */
  constructor(pipeline: CallPipeline) {
    this.#pipeline = pipeline;
    bindMethods(this, 'create', 'finish');
  }

  /**
   * Records a span: one that runs and is finished later, or one that has ended. Sent after its instance and its
   * parent, which may be given as calls that have not settled.
   *
   * The arguments are copied at the call. It throws nothing: it rejects, and need not be awaited.
   *
   * @throws {PrefactorInvalidArgumentError} an argument is wrong, cannot be written as JSON, or is too large
   * @throws {PrefactorDependencyError} the instance or the parent could not be made; it was not sent
   * @throws {PrefactorConflictError} there is a span with that id, or the run is over
   * @throws {PrefactorApiError} the API refused it; see the subclasses for why
   * @throws {PrefactorQueueFullError} the queue has no room: await `client.ready()` between calls
   * @throws {PrefactorRetryExhaustedError} no usable answer came in time; it may have been done
   * @throws {PrefactorClosedError} the client is closed
   *
   * An abort rejects with the signal's reason. A span that is in flight by then may still be recorded.
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
   * Ends a span. Sent after its create, and after its children that were created before this call. Where this client
   * made the span, it is accepted even when the queue is full.
   *
   * @throws as `create` does, and {PrefactorConflictError} where the span is finished already
   *
   * An abort rejects with the signal's reason. A finish that is in flight by then may still be done.
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
