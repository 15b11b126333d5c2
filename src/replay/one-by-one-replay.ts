import type { ActionOf, Actions, RecordedAction } from './actions/recorded-action.ts';
import { spanTimes } from './actions/recorded-action.ts';
import { RECORDING_START, recordedTimes } from './actions/recorded-time.ts';
import { Slots } from './concurrency-slots.ts';
import type { ReplayResult } from './replay-result.ts';
import { ReplayResultCollector } from './replay-result.ts';

export interface OneByOneOptions {
  readonly url: string;
  readonly token: string;
  readonly inFlight: number;
}

/** A run or a span of the file. */
interface Made {
  readonly id: Promise<string>;
  /** Calls that must have their answers before it is finished. */
  readonly within: Promise<unknown>[];
}

/** To a single endpoint (docs/internals/api.md, "Single endpoints"). */
interface SingleRequest {
  /** After `/api/v1/`. */
  readonly path: string;
  readonly body: object;
}

/**
 * Replays recorded runs with a request for each action, as a careful user writes it by hand: each
 * call waits for the answers to those that it needs, and a finish for all that belongs to what ends.
 */
export async function replayOneByOne(
  actions: Actions,
  options: OneByOneOptions,
): Promise<ReplayResult> {
  const calls = new CallsOneByOne(options);
  for await (const action of actions) calls.start(action);
  return calls.result();
}

class CallsOneByOne {
  readonly #options: OneByOneOptions;
  readonly #slots: Slots;
  readonly #collector = new ReplayResultCollector();
  readonly #runs = new Map<string, Made>();
  readonly #spans = new Map<string, Made>();
  readonly #timeOf = recordedTimes(RECORDING_START);

  constructor(options: OneByOneOptions) {
    this.#options = options;
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
    const run = known(this.#runs, action.instance);
    switch (action.type) {
      case 'agent_instances/start': {
        const request = aboutRun(run, 'start', { timestamp: action.timestamp ?? time });
        run.within.push(this.#call(action, [], request));
        break;
      }
      case 'agent_instances/record_quality': {
        const { name, payload } = action;
        const request = aboutRun(run, 'record_quality', { name, payload });
        run.within.push(this.#call(action, [], request));
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
        void this.#call(action, run.within, aboutRun(run, 'finish', { status, timestamp }));
        break;
      }
      default:
        action satisfies never;
    }
  }

  /** Resolves when all calls have settled. */
  result(): Promise<ReplayResult> {
    return this.#collector.result();
  }

  #create(action: ActionOf<'agent_spans/create'>, run: Made, time: string): void {
    const { id: givenId, schema_name, status, payload = {}, result_payload } = action;
    const { sensitive_encoding } = action;
    const parent = action.parent === undefined ? undefined : known(this.#spans, action.parent);
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

  #finish(action: ActionOf<'agent_spans/finish'>, run: Made, time: string): void {
    const { id, within } = known(this.#spans, action.span);
    const { status, result_payload, sensitive_encoding, timestamp = time } = action;
    const body = { status, result_payload, sensitive_encoding, timestamp };
    const request = async () => ({ path: `agent_spans/${await id}/finish`, body });
    run.within.push(this.#call(action, within, request));
  }

  /** Sends the request of an action once all that it needs has its answer. */
  #call(
    action: RecordedAction,
    needed: readonly Promise<unknown>[],
    request: () => Promise<SingleRequest>,
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
}

/** A request about the run, once its id is known. */
function aboutRun({ id }: Made, what: string, body: object): () => Promise<SingleRequest> {
  return async () => ({ path: `agent_instance/${await id}/${what}`, body });
}

function known(made: ReadonlyMap<string, Made>, name: string | undefined): Made {
  const found = made.get(name ?? '');
  if (found === undefined) throw new Error(`The file uses "${name}" before it makes it.`);
  return found;
}
