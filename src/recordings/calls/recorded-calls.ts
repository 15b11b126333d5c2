import type {
  ActionPromise,
  AgentInstance,
  AgentInstanceRegisterParams,
  AgentSpan,
  AutobatchClient,
  Ref,
  SpanStatus,
} from '../../index.ts';
import type { JsonObject } from '../actions/json.ts';
import type { RecordedAction, RecordedActionOf } from '../actions/recorded-action.ts';
import { isWholeSpan, recordedRegistrationObjects, spanTimes } from '../actions/recorded-action.ts';
import type { OpenRun, OpenSpan } from './open-runs.ts';
import { isOpenSpan, OpenRuns } from './open-runs.ts';

/** What runs are registered for. An account's token needs both ids; a deployment's token implies them. */
export interface Deployment {
  readonly agent_id?: string | undefined;
  readonly environment_id?: string | undefined;
}

export interface RecordedCallsOptions {
  readonly client: AutobatchClient;
  readonly deployment?: Deployment;
  /** When an action is said to have happened, as ISO 8601, if it does not say so itself. @default now */
  readonly timeOf?: ((action: RecordedAction) => string) | undefined;
  /** @default each call is another one, and the client makes the ids of spans */
  readonly identify?: IdentifyRecordedCall | undefined;
  /** What becomes of a span whose parent no earlier line has made. @default the line is bad */
  readonly missingParents?: 'root' | 'skip' | undefined;
}

/** Gives an action the same key and id each time that it is sent. */
export type IdentifyRecordedCall = (
  action: RecordedAction,
  line: string,
) => {
  readonly key: string;
  /** The id of the span that the action makes in the run of that id; undefined: the client makes one. */
  idIn(instance: string, time: string): string | undefined;
};

export interface RecordedCall<Value = unknown> {
  readonly kind: 'call';
  readonly call: Promise<Value>;
  /** Undefined where the client makes one. */
  readonly key: string | undefined;
  /** Ids of what the action names, as far as they are known by now; named as its fields. */
  ids(): Readonly<Record<string, string | undefined>>;
}

/** What became of an action. */
export type TakenAction =
  | RecordedCall<AgentInstance | AgentSpan>
  /** `needsBadLine`: the line itself is right, but needs something that a bad one was to make. */
  | { readonly kind: 'no call'; readonly problem: string; readonly needsBadLine: boolean }
  /** Left out with its parent, as `missingParents` says. */
  | { readonly kind: 'left out' };

/**
 * The client does not know of calls that wait for the registration of their run, so its own bounds do not count them.
 * They are all made at once, and have to fit into the fifth of the queue that `ready` leaves.
 */
const MAX_RECORDED_BYTES_BEFORE_REGISTRATION = 4_000_000;

/**
 * Makes the calls of recorded actions: plain calls with references. Those of a run wait for its registration:
 * only then can a whole tree of spans leave in one request.
 */
export class RecordedCalls {
  readonly #options: RecordedCallsOptions;
  /** What was made and has not ended. */
  readonly runs: OpenRuns = new OpenRuns();
  /** Runs whose registration has not settled. */
  #registering = 0;
  /** Characters of the lines that wait for a registration, and the latest one that is waited for. */
  #waitingBytes = 0;
  #lastAwaited: Promise<void> | undefined;

  constructor(options: RecordedCallsOptions) {
    this.#options = options;
  }

  /** `line` is the text that the action was read from. */
  take(action: RecordedAction, line = ''): TakenAction {
    if (action.type === 'agent_instances/register') return this.#register(action, line);
    if (action.instance === undefined && action.agent_instance_id === undefined) {
      // A span may be named by its id alone.
      if (action.type === 'agent_spans/finish' && action.agent_span_id !== undefined) {
        return this.#finishSpan(action, line, undefined);
      }
      return noCall('"instance" is missing.');
    }
    const run = this.runs.of(action);
    if (run === 'unmade') return noCall(`It needs the run "${action.instance}".`, true);
    if (run === undefined) {
      return noCall(
        `It names the run "${action.instance}", which no earlier line registers, or which has ended.`,
      );
    }
    return this.#takeOf(run, action, line);
  }

  /** Resolves when there is room for another action. */
  async ready(): Promise<void> {
    while (this.#waitingBytes >= MAX_RECORDED_BYTES_BEFORE_REGISTRATION) await this.#lastAwaited;
    await this.#options.client.ready();
  }

  /** Resolves when all calls have settled, those included that waited for their run. */
  async flush(): Promise<void> {
    let isAnyWaiting: boolean;
    do {
      isAnyWaiting = this.#registering > 0;
      await this.#options.client.flush();
    } while (isAnyWaiting);
  }

  #takeOf(
    run: OpenRun,
    action: Exclude<RecordedAction, RecordedActionOf<'agent_instances/register'>>,
    line: string,
  ): TakenAction {
    const { agentInstances } = this.#options.client;
    switch (action.type) {
      case 'agent_spans/create':
        return this.#create(action, line, run);
      case 'agent_spans/finish':
        return this.#finishSpan(action, line, run);
      case 'agent_instances/start':
        return this.#call(action, line, { run }, ({ idempotencyKey, time }) =>
          agentInstances.start(run.ref, { timestamp: action.timestamp ?? time, idempotencyKey }),
        );
      case 'agent_instances/record_quality': {
        const { name, payload } = action;
        return this.#call(action, line, { run }, ({ idempotencyKey }) =>
          agentInstances.recordQuality(run.ref, { name, payload, idempotencyKey }),
        );
      }
      case 'agent_instances/finish':
        this.runs.finish(run);
        return this.#call(action, line, { run }, ({ idempotencyKey, time }) =>
          agentInstances.finish(run.ref, {
            status: statusOf(action.status),
            timestamp: action.timestamp ?? time,
            idempotencyKey,
          }),
        );
      default:
        return action satisfies never;
    }
  }

  #register(action: RecordedActionOf<'agent_instances/register'>, line: string): TakenAction {
    const { instance, payload } = action;
    if (this.runs.has(instance)) {
      return noCall(`The run "${instance}" is registered by an earlier line, and has not ended.`);
    }
    const params = registrationParams({ ...this.#options.deployment, ...payload });
    let made: ActionPromise<AgentInstance> | undefined;
    const taken = this.#call(action, line, {}, ({ idempotencyKey }) => {
      made = this.#options.client.agentInstances.register({ ...params, idempotencyKey });
      return made;
    });
    const run = this.runs.add(instance, made ?? '');
    this.#registering++;
    const settled = taken.call.then(
      ({ id }) => {
        run.ref = id;
      },
      () => this.runs.noLongerOpen(run),
    );
    run.registering = settled.then(() => {
      run.registering = undefined;
      this.#registering--;
    });
    return taken;
  }

  #create(action: RecordedActionOf<'agent_spans/create'>, line: string, run: OpenRun): TakenAction {
    const { span: name, parent: parentName, parent_span_id: parentId } = action;
    if (isOpenSpan(run.spans.get(name))) {
      return noCall(`The span "${name}" is created by an earlier line, and has not ended.`);
    }
    const parent = parentName === undefined ? undefined : run.spans.get(parentName);
    const isMissing = parent === undefined && parentName !== undefined && parentId === undefined;
    const { missingParents } = this.#options;
    if (parent === 'left out' || (isMissing && missingParents === 'skip')) {
      run.spans.set(name, 'left out');
      return { kind: 'left out' };
    }
    if (parent === 'unmade' || (isMissing && missingParents !== 'root')) {
      run.spans.set(name, 'unmade');
      return isMissing
        ? noCall(
            `Its parent "${parentName}" is made by no earlier line; --missing-parents root makes a root of it, skip leaves it out.`,
          )
        : noCall(`It needs the span "${parentName}".`, true);
    }
    return this.#createWithin(run, parent ?? parentId, action, line);
  }

  #createWithin(
    run: OpenRun,
    parent: OpenSpan | string | undefined,
    action: RecordedActionOf<'agent_spans/create'>,
    line: string,
  ): TakenAction {
    const span = this.runs.addSpan(run, action.span, !isWholeSpan(action));
    const { schema_name: schemaName, status, payload = {}, result_payload: resultPayload } = action;
    const { sensitive_encoding: sensitiveEncoding } = action;
    const taken = this.#call(action, line, { run, parent }, (terms) => {
      const { started_at: startedAt, finished_at: finishedAt } = spanTimes(action, terms.time);
      const call = this.#options.client.agentSpans.create({
        id: action.id ?? terms.newId(),
        agentInstanceId: run.ref,
        parentSpanId: refOf(parent),
        schemaName,
        status: statusOf(status),
        payload,
        resultPayload,
        startedAt,
        finishedAt,
        sensitiveEncoding,
        idempotencyKey: terms.idempotencyKey,
      });
      span.ref = call.id ?? call;
      return call;
    });
    taken.call.then(
      ({ id }) => {
        span.ref = id;
      },
      () => this.runs.finishSpan(run, span),
    );
    return taken;
  }

  #finishSpan(
    action: RecordedActionOf<'agent_spans/finish'>,
    line: string,
    run: OpenRun | undefined,
  ): TakenAction {
    const { span: name, agent_span_id: id, status, result_payload: resultPayload } = action;
    const span = name === undefined ? undefined : run?.spans.get(name);
    if (span === 'left out') return { kind: 'left out' };
    if (span === 'unmade') return noCall(`It needs the span "${name}".`, true);
    if (span === undefined && id === undefined) {
      if (name === undefined) return noCall('"span" is missing.');
      return noCall(`It names the span "${name}", which no earlier line creates.`);
    }
    if (span !== undefined && run !== undefined) this.runs.finishSpan(run, span);
    return this.#call(action, line, { run, span: span ?? id }, ({ idempotencyKey, time }) =>
      this.#options.client.agentSpans.finish(refOf(span ?? id) ?? '', {
        status: statusOf(status),
        resultPayload,
        timestamp: action.timestamp ?? time,
        sensitiveEncoding: action.sensitive_encoding,
        agentInstanceId: run?.ref,
        idempotencyKey,
      }),
    );
  }

  #call<Value>(
    action: RecordedAction,
    line: string,
    /** What the action names. */
    {
      run,
      span,
      parent,
    }: {
      readonly run?: OpenRun | undefined;
      readonly span?: OpenSpan | string | undefined;
      readonly parent?: OpenSpan | string | undefined;
    },
    make: (terms: RecordedCallTerms) => ActionPromise<Value>,
  ): RecordedCall<Value> {
    const { timeOf, identify } = this.#options;
    const time = timeOf?.(action) ?? new Date().toISOString();
    const identity = identify?.(action, line);
    const idempotencyKey = action.idempotency_key ?? identity?.key;
    const newId = (): string | undefined =>
      typeof run?.ref === 'string' ? identity?.idIn(run.ref, time) : undefined;
    return {
      kind: 'call',
      call: this.#onceRegistered(run, line.length, () => make({ time, idempotencyKey, newId })),
      key: idempotencyKey,
      ids: () => ({
        agent_instance_id: recordedIdOf(run?.ref),
        agent_span_id: recordedIdOf(refOf(span)),
        parent_span_id: recordedIdOf(refOf(parent)),
      }),
    };
  }

  /** Makes a call, after the registration of its run; its line has so many `bytes`. */
  #onceRegistered<Value>(
    run: OpenRun | undefined,
    bytes: number,
    make: () => ActionPromise<Value>,
  ): Promise<Value> {
    if (run?.registering === undefined) return make();
    this.#waitingBytes += bytes;
    this.#lastAwaited = run.registering;
    return run.registering.then(() => {
      this.#waitingBytes -= bytes;
      return make();
    });
  }
}

interface RecordedCallTerms {
  /** When the action is said to have happened. */
  readonly time: string;
  /** The id for a new span, once that of its run is known; undefined: the client makes one. */
  newId(): string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** A registration as the client takes it: `agent_version` becomes `agentVersion`. */
function registrationParams(fields: JsonObject): AgentInstanceRegisterParams {
  const params = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    recordedRegistrationObjects.has(name) ? registrationParams(value as JsonObject) : value,
  ]);
  return Object.fromEntries(params);
}

/** A file may say what is no status: that is for the API to judge. */
function statusOf<Status extends SpanStatus | undefined>(status: string | undefined): Status {
  return status as Status;
}

function refOf(span: OpenSpan | string | undefined): Ref<AgentSpan> | undefined {
  return typeof span === 'object' ? span.ref : span;
}

function recordedIdOf(ref: unknown): string | undefined {
  return typeof ref === 'string' ? ref : undefined;
}

function noCall(problem: string, needsBadLine = false): TakenAction {
  return { kind: 'no call', problem, needsBadLine };
}
