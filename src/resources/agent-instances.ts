import { bindMethods } from '../lib/bind-methods.ts';
import type { CallPipeline } from '../pipeline/call-pipeline.ts';
import type { ActionPromise, Ref } from '../schemas/action-promise.ts';
import type {
  AgentInstance,
  AgentInstanceFinishParams,
  AgentInstanceRecordQualityParams,
  AgentInstanceRegisterParams,
  AgentInstanceStartParams,
} from '../schemas/agent-instances.ts';
import {
  finishAgentInstance,
  recordQuality,
  registerAgentInstance,
  startAgentInstance,
} from '../schemas/agent-instances.ts';
import type { CallOptions } from '../schemas/call-options.ts';

/** Runs of agents, which the API calls instances. */
export class AgentInstances {
  readonly #pipeline: CallPipeline;

  /** @internal */
  constructor(pipeline: CallPipeline) {
    this.#pipeline = pipeline;
    bindMethods(this, 'register', 'start', 'finish', 'recordQuality');
  }

  /**
   * Registers a run of an agent, with its versions and schemas. The promise may stand wherever the id of the run is
   * wanted: calls that are given it wait until the API has made the id.
   *
   * The arguments are copied at the call. It throws nothing: it rejects, and need not be awaited.
   *
   * @throws {PrefactorInvalidArgumentError} an argument is wrong, cannot be written as JSON, or is too large
   * @throws {PrefactorConflictError} there is an instance with that id
   * @throws {PrefactorApiError} the API refused it; see the subclasses for why
   * @throws {PrefactorQueueFullError} the queue has no room: await `client.ready()` between calls
   * @throws {PrefactorRetryExhaustedError} no usable answer came in time; it may have been done
   * @throws {PrefactorClosedError} the client is closed
   *
   * An abort rejects with the signal's reason. A call that is in flight by then may still be done.
   *
   * @example
   * const run = client.agentInstances.register({
   *   agentId: 'my-agent-id',
   *   agentVersion: { externalIdentifier: 'v1.4.0', name: 'Shop assistant' },
   *   agentSchemaVersion: {
   *     externalIdentifier: 'schemas-7',
   *     // Passed on as it is, so in wire form.
   *     spanTypeSchemas: [{ name: 'agent:llm', params_schema: { type: 'object' } }],
   *   },
   * });
   */
  register(
    params: AgentInstanceRegisterParams = {},
    options?: CallOptions,
  ): ActionPromise<AgentInstance> {
    return this.#pipeline.call(registerAgentInstance, undefined, params, options);
  }

  /**
   * Says that the run has begun. Sent after earlier calls on the same instance.
   *
   * @throws as `register` does, {PrefactorDependencyError} where the instance could not be registered,
   *   {PrefactorConflictError} where it is started already
   *
   * An abort rejects with the signal's reason. A call that is in flight by then may still be done.
   *
   * @example
   * client.agentInstances.start(run);
   */
  start(
    instance: Ref<AgentInstance>,
    params: AgentInstanceStartParams = {},
    options?: CallOptions,
  ): ActionPromise<AgentInstance> {
    return this.#pipeline.call(startAgentInstance, instance, params, options);
  }

  /**
   * Says that the run is over. Sent after its spans and their finishes, and after finishes of spans whose instance this
   * client does not know. Where this client registered the instance, it is accepted even when the queue is full.
   *
   * @throws as `start` does; {PrefactorConflictError} where it is finished, or was terminated
   *
   * An abort rejects with the signal's reason. A call that is in flight by then may still be done.
   *
   * @example
   * client.agentInstances.finish(run, { status: 'complete' });
   */
  finish(
    instance: Ref<AgentInstance>,
    params: AgentInstanceFinishParams = {},
    options?: CallOptions,
  ): ActionPromise<AgentInstance> {
    return this.#pipeline.call(finishAgentInstance, instance, params, options);
  }

  /**
   * Records how good the run was, by one of the agent's quality schemas. Sent after earlier calls on the instance.
   *
   * @throws as `start` does
   *
   * An abort rejects with the signal's reason. A call that is in flight by then may still be done.
   *
   * @example
   * client.agentInstances.recordQuality(run, { name: 'helpfulness', payload: { score: 4 } });
   */
  recordQuality(
    instance: Ref<AgentInstance>,
    params: AgentInstanceRecordQualityParams,
    options?: CallOptions,
  ): ActionPromise<AgentInstance> {
    return this.#pipeline.call(recordQuality, instance, params, options);
  }
}
