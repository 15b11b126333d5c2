import type { ActionPromise, AgentInstance, AgentSpan, AutobatchClient, Ref } from '../../index.ts';
import type { RecordedAction } from './recorded-action.ts';

export interface RecordedCallsOptions {
  /** When an action is said to have happened, as ISO 8601. @default at its call */
  readonly timeOf?: (action: RecordedAction) => string;
  /** An account's token needs both for a registration; a deployment's token names them itself. */
  readonly agentId?: string | undefined;
  readonly environmentId?: string | undefined;
}

/** A run of the recording that has not ended. */
interface OpenRun {
  instance: Ref<AgentInstance>;
  readonly spans: Map<string, Ref<AgentSpan>>;
}

/**
 * Makes the calls that recorded actions stand for: plain calls with references. What later actions
 * may name is kept until their run is finished, as ids as soon as they are known, never as answers: so
 * memory grows with the runs that are open, not with the recording.
 */
export class RecordedCalls {
  readonly #client: AutobatchClient;
  readonly #options: RecordedCallsOptions;
  readonly #runs: Map<string, OpenRun> = new Map();

  constructor(client: AutobatchClient, options: RecordedCallsOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** @throws {Error} when the action names what no earlier one has made. */
  call(action: RecordedAction): ActionPromise<AgentInstance | AgentSpan> {
    const { agentInstances, agentSpans } = this.#client;
    const timestamp = this.#options.timeOf?.(action);
    switch (action.type) {
      case 'agent_instances/register':
        return this.#register(action);
      case 'agent_instances/start':
        return agentInstances.start(this.#runOf(action).instance, { timestamp });
      case 'agent_spans/create': {
        const run = this.#runOf(action);
        const call = agentSpans.create({
          agentInstanceId: run.instance,
          parentSpanId: action.parent == null ? null : spanOf(run, action.parent),
          schemaName: action.schema_name,
          status: action.status,
          payload: action.payload,
          startedAt: timestamp,
        });
        const held = call.id ?? call;
        run.spans.set(action.span, held);
        onceKnown(call, (id) => {
          if (run.spans.get(action.span) === held) run.spans.set(action.span, id);
        });
        return call;
      }
      case 'agent_spans/finish': {
        const { status, result_payload: resultPayload } = action;
        const span = spanOf(this.#runOf(action), action.span);
        return agentSpans.finish(span, { status, resultPayload, timestamp });
      }
      case 'agent_instances/finish': {
        const { instance } = this.#runOf(action);
        this.#runs.delete(action.instance);
        return agentInstances.finish(instance, { status: action.status, timestamp });
      }
      default:
        return action satisfies never;
    }
  }

  #register({
    instance,
    payload,
  }: Extract<RecordedAction, { type: 'agent_instances/register' }>): ActionPromise<AgentInstance> {
    const { agentId, environmentId } = this.#options;
    const { agent_version: version, agent_schema_version: schemas } = payload;
    const environment = version?.runtime_environment;
    const call = this.#client.agentInstances.register({
      agentId,
      environmentId,
      externalIdentifier: payload.external_identifier,
      agentVersion: version && {
        externalIdentifier: version.external_identifier,
        name: version.name,
        description: version.description,
        runtimeEnvironment: environment && {
          agentSdk: environment.agent_sdk,
          os: environment.os,
          prefactorSdk: environment.prefactor_sdk,
          runtime: environment.runtime,
        },
      },
      agentSchemaVersion: schemas && {
        externalIdentifier: schemas.external_identifier,
        spanTypeSchemas: schemas.span_type_schemas,
        spanSchemas: schemas.span_schemas,
        spanResultSchemas: schemas.span_result_schemas,
      },
    });
    const run: OpenRun = { instance: call, spans: new Map() };
    this.#runs.set(instance, run);
    onceKnown(call, (id) => {
      run.instance = id;
    });
    return call;
  }

  #runOf({ instance }: RecordedAction): OpenRun {
    const run = this.#runs.get(instance);
    if (run === undefined) throw notMade('instance', instance);
    return run;
  }
}

function spanOf(run: OpenRun, name: string): Ref<AgentSpan> {
  const span = run.spans.get(name);
  if (span === undefined) throw notMade('span', name);
  return span;
}

function notMade(what: string, name: string): Error {
  return new Error(`It names the ${what} "${name}", which no earlier line has made.`);
}

/** Where the call fails, the call itself stays the reference: what uses it fails by that. */
function onceKnown(call: ActionPromise<{ readonly id: string }>, hold: (id: string) => void): void {
  call.then(
    ({ id }) => hold(id),
    () => {},
  );
}
