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

/** Instances: the runs of agents. */
export class AgentInstances {
  readonly #pipeline: CallPipeline;

  /** @internal */
  constructor(pipeline: CallPipeline) {
    this.#pipeline = pipeline;
    bindMethods(this, 'register', 'start', 'finish', 'recordQuality');
  }

  /**
   * Registers a run of an agent, and what it declares of itself. What is called with the promise in
   * the place of an id waits until the API has given one.
   *
   * The arguments are taken over at the call; later changes to them change nothing. Nothing is
   * thrown: the promise rejects, and may as well be left alone.
   *
   * @throws {PrefactorInvalidArgumentError} an argument is wrong, impossible to serialise, or too large
   * @throws {PrefactorConflictError} there is an instance with that id
   * @throws {PrefactorApiError} the API refused it; see the subclasses for why
   * @throws {PrefactorQueueFullError} the queue has no room: await `client.ready()` between calls
   * @throws {PrefactorRetryExhaustedError} no usable answer in time; it may have been done
   * @throws {PrefactorClosedError} the client is closed
   *
   * An abort rejects with the signal's reason; a call that is in flight by then may be done still.
   *
   * @example
   * const run = client.agentInstances.register({
   *   agentId: 'my-agent-id',
   *   agentVersion: { externalIdentifier: 'v1.4.0', name: 'Shop assistant' },
   *   agentSchemaVersion: {
   *     externalIdentifier: 'schemas-7',
   *     // What stands in here is passed on as it is, so in wire form.
   *     spanTypeSchemas: [{ name: 'agent:llm', params_schema: { type: 'object' } }],
   *   },
   * });
   */
  register(
    params: AgentInstanceRegisterParams,
    options?: CallOptions,
  ): ActionPromise<AgentInstance> {
    return this.#pipeline.call(registerAgentInstance, undefined, params, options);
  }

  /**
   * Says that the run has begun. It goes after what was called on the instance before.
   *
   * @throws as `register` does, {PrefactorDependencyError} where the instance could not be
   *   registered, {PrefactorConflictError} where it is started already
   *
   * An abort rejects with the signal's reason; a call that is in flight by then may be done still.
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
   * Says that the run is over. It goes after all spans of the instance, and after all finishes of
   * spans that this client never saw, which might be of this instance. Accepted also when the queue
   * is full, where this client registered the instance.
   *
   * @throws as `start` does; {PrefactorConflictError} where it is finished, or was terminated
   *
   * An abort rejects with the signal's reason; a call that is in flight by then may be done still.
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
   * Records how good the run was, by one of the agent's quality schemas.
   *
   * @throws as `start` does
   *
   * An abort rejects with the signal's reason; a call that is in flight by then may be done still.
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
