/** Sends a recording again in two ways, batched and one by one, so that they can be compared. */
import type { AutobatchClient } from '../index.ts';
import { ActionFileError } from './actions/action-file.ts';
import type { RecordedAction, RecordedActionOf } from './actions/recorded-action.ts';
import { spanTimes } from './actions/recorded-action.ts';
import { recordedTimes } from './actions/recorded-time.ts';
import { RecordedCalls } from './calls/recorded-calls.ts';
import { Slots } from './concurrency-slots.ts';

/** When each recording is said to have begun: always the same, so that two sendings can be compared. */
const COMPARED_RECORDING_START = Date.UTC(2026, 8, 1, 8);

type Actions = AsyncIterable<RecordedAction> | Iterable<RecordedAction>;

export interface SendingResult {
  readonly actions: number;
  readonly succeeded: number;
  /** The first three errors. */
  readonly errors: readonly unknown[];
  /** The name in the file of each run and span, by the server's id. */
  readonly names: Readonly<Record<string, string>>;
}

/** Sends recorded runs through the client: plain calls with references, none of them awaited. */
export async function sendBatched(
  actions: Actions,
  client: AutobatchClient,
): Promise<SendingResult> {
  const collector = new SendingResultCollector();
  const calls = new RecordedCalls({ client, timeOf: recordedTimes(COMPARED_RECORDING_START) });
  for await (const action of actions) {
    await calls.ready();
    const taken = calls.take(action);
    if (taken.kind === 'no call') throw new ActionFileError(taken.problem);
    if (taken.kind === 'call') collector.add(action, taken.call);
  }
  await calls.flush();
  return collector.result();
}

interface OneByOneOptions {
  readonly url: string;
  readonly token: string;
  readonly inFlight: number;
}

/**
 * Sends recorded runs with a request for each action, as a careful user writes it by hand: each
 * call waits for the answers to those that it needs, and a finish for all that belongs to what ends.
 */
export async function sendOneByOne(
  actions: Actions,
  options: OneByOneOptions,
): Promise<SendingResult> {
  const collector = new SendingResultCollector();
  const calls = new CallsOneByOne(options, collector);
  for await (const action of actions) calls.start(action);
  return collector.result();
}

/** A run or a span of the file. */
interface MadeOneByOne {
  readonly id: Promise<string>;
  /** Calls that must have their answers before it is finished. */
  readonly within: Promise<unknown>[];
}

/** Calls of single endpoints (docs/internals/api.md, "Single endpoints"). */
class CallsOneByOne {
  readonly #options: OneByOneOptions;
  readonly #slots: Slots;
  readonly #collector: SendingResultCollector;
  readonly #runs = new Map<string, MadeOneByOne>();
  readonly #spans = new Map<string, MadeOneByOne>();
  readonly #timeOf = recordedTimes(COMPARED_RECORDING_START);

  constructor(options: OneByOneOptions, collector: SendingResultCollector) {
    this.#options = options;
    this.#collector = collector;
    this.#slots = new Slots(options.inFlight);
  }

  start(action: RecordedAction): void {
    const time = this.#timeOf(action);
    if (action.type === 'agent_instances/register') {
      const request = { path: 'agent_instance/register', body: { ...action.payload } };
      const id = this.#call(action, [], async () => request);
      this.#runs.set(action.instance, { id, within: [] });
      return;
    }
    const run = this.#madeAs(this.#runs, action.instance);
    const toRun = (endpoint: string, body: object) => async () => ({
      path: `agent_instance/${await run.id}/${endpoint}`,
      body,
    });
    switch (action.type) {
      case 'agent_instances/start': {
        const { timestamp = time } = action;
        run.within.push(this.#call(action, [], toRun('start', { timestamp })));
        break;
      }
      case 'agent_instances/record_quality': {
        const { name, payload } = action;
        run.within.push(this.#call(action, [], toRun('record_quality', { name, payload })));
        break;
      }
      case 'agent_spans/create':
        this.#create(action, run, time);
        break;
      case 'agent_spans/finish':
        this.#finish(action, run, time);
        break;
      case 'agent_instances/finish': {
        const { status, timestamp = time } = action;
        void this.#call(action, run.within, toRun('finish', { status, timestamp }));
        break;
      }
      default:
        action satisfies never;
    }
  }

  #create(action: RecordedActionOf<'agent_spans/create'>, run: MadeOneByOne, time: string): void {
    const { id: givenId, schema_name, status, payload = {}, result_payload } = action;
    const { sensitive_encoding } = action;
    const parent =
      action.parent === undefined ? undefined : this.#madeAs(this.#spans, action.parent);
    // The first call within a run is its start.
    const id = this.#call(action, run.within.slice(0, 1), async () => {
      const details = {
        id: givenId,
        agent_instance_id: await run.id,
        parent_span_id: (await parent?.id) ?? null,
        schema_name,
        status,
        payload,
        result_payload,
        sensitive_encoding,
        ...spanTimes(action, time),
      };
      return { path: 'agent_spans', body: { details } };
    });
    this.#spans.set(action.span, { id, within: [] });
    parent?.within.push(id);
    run.within.push(id);
  }

  #finish(action: RecordedActionOf<'agent_spans/finish'>, run: MadeOneByOne, time: string): void {
    const { id, within } = this.#madeAs(this.#spans, action.span);
    const { status, result_payload, sensitive_encoding, timestamp = time } = action;
    const body = { status, result_payload, sensitive_encoding, timestamp };
    const request = async () => ({ path: `agent_spans/${await id}/finish`, body });
    run.within.push(this.#call(action, within, request));
  }

  /** Sends the request of an action once all that it needs has its answer. */
  #call(
    action: RecordedAction,
    needed: readonly Promise<unknown>[],
    /** `path`: after `/api/v1/`. */
    request: () => Promise<{ readonly path: string; readonly body: object }>,
  ): Promise<string> {
    const send = async (): Promise<string> => {
      await Promise.all(needed);
      const { path, body } = await request();
      return this.#slots.use(() => this.#post(path, body));
    };
    const made = send();
    this.#collector.add(action, made);
    return made;
  }

  async #post(path: string, body: object): Promise<string> {
    const { url, token } = this.#options;
    const response = await fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'X-Prefactor-SDK': 'one-by-one@0.1.0',
      },
      body: JSON.stringify({ ...body, idempotency_key: crypto.randomUUID() }),
    });
    const { details, message } = (await response.json()) as {
      details?: { id: string };
      message?: string;
    };
    if (details === undefined) throw new Error(`${path}: ${response.status} ${message}`);
    return details.id;
  }

  #madeAs(made: ReadonlyMap<string, MadeOneByOne>, name: string | undefined): MadeOneByOne {
    const found = made.get(name ?? '');
    if (found === undefined) throw new Error(`The file uses "${name}" before it makes it.`);
    return found;
  }
}

/** Collects the result as calls settle. */
class SendingResultCollector {
  readonly #result = {
    actions: 0,
    succeeded: 0,
    errors: [] as unknown[],
    names: {} as Record<string, string>,
  };
  readonly #settled: Promise<void>[] = [];

  /** Counts the call of an action; it gives the id of what that makes. */
  add(action: RecordedAction, call: Promise<string | { readonly id: string }>): void {
    /** In the file, of what the action makes. */
    let name: string | undefined;
    if (action.type === 'agent_instances/register') name = action.instance;
    if (action.type === 'agent_spans/create') name = action.span;
    const { errors, names } = this.#result;
    this.#result.actions++;
    this.#settled.push(
      call.then(
        (made) => {
          this.#result.succeeded++;
          if (name !== undefined) names[typeof made === 'string' ? made : made.id] = name;
        },
        (error: unknown) => {
          if (errors.length < 3) errors.push(error);
        },
      ),
    );
  }

  /** Resolves when all calls have settled. */
  async result(): Promise<SendingResult> {
    await Promise.all(this.#settled);
    return this.#result;
  }
}
