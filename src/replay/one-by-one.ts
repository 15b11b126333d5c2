import type { ActionOf, Actions, RecordedAction } from './actions/recorded-action.ts';
import { RECORDING_START, recordedTimes } from './actions/recorded-time.ts';
import type { ReplayResult } from './replay-result.ts';
import { ReplayResultCollector } from './replay-result.ts';
import type { Ids, SingleRequest } from './single-request.ts';
import { singleRequestOf } from './single-request.ts';
import { Slots } from './slots.ts';

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
    if (action.type === 'agent_instances/register') {
      const id = this.#call(action, [], () => ({}));
      this.#runs.set(action.instance, { id, within: [] });
      return;
    }
    const run = known(this.#runs, action.instance);
    const idOfRun = async (): Promise<Ids> => ({ run: await run.id });
    switch (action.type) {
      case 'agent_instances/start':
      case 'agent_instances/record_quality':
        run.within.push(this.#call(action, [], idOfRun));
        break;
      case 'agent_spans/create':
        this.#create(action, run);
        break;
      case 'agent_spans/finish': {
        const { id, within } = known(this.#spans, action.span);
        run.within.push(this.#call(action, within, async () => ({ span: await id })));
        break;
      }
      case 'agent_instances/finish':
        void this.#call(action, run.within, idOfRun);
        break;
      default:
        action satisfies never;
    }
  }

  /** Resolves when all calls have settled. */
  result(): Promise<ReplayResult> {
    return this.#collector.result();
  }

  #create(action: ActionOf<'agent_spans/create'>, run: Made): void {
    const parent = action.parent === undefined ? undefined : known(this.#spans, action.parent);
    // The first call within a run is its start.
    const id = this.#call(action, run.within.slice(0, 1), async () => ({
      run: await run.id,
      parent: await parent?.id,
    }));
    this.#spans.set(action.span, { id, within: [] });
    parent?.within.push(id);
    run.within.push(id);
  }

  /** Sends the request of an action once all that it needs has its answer. */
  #call(
    action: RecordedAction,
    needed: readonly Promise<unknown>[],
    ids: () => Promise<Ids> | Ids,
  ): Promise<string> {
    const time = this.#timeOf(action);
    const send = async (): Promise<string> => {
      await Promise.all(needed);
      const request = singleRequestOf(action, time, await ids());
      return this.#slots.use(() => post(this.#options, request));
    };
    const made = send();
    this.#collector.add(action, made);
    return made;
  }
}

async function post({ url, token }: OneByOneOptions, request: SingleRequest): Promise<string> {
  const { path, body } = request;
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

function known(made: ReadonlyMap<string, Made>, name: string | undefined): Made {
  const found = made.get(name ?? '');
  if (found === undefined) throw new Error(`The file uses "${name}" before it makes it.`);
  return found;
}
