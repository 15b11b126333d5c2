import type { ActionOf, Actions, RecordedAction } from './actions/recorded-action.ts';
import { recordedTimes } from './actions/recorded-time.ts';
import { Slots } from './slots.ts';
import { START } from './start.ts';
import type { Replayed } from './tally.ts';
import { nameOf, Tally } from './tally.ts';
import type { Places } from './wire-form.ts';
import { wireFormOf } from './wire-form.ts';

/** Where the calls go, and how many of them may be on their way at once. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly inFlight: number;
}

/** An instance or a span of the file. */
interface Made {
  readonly id: Promise<string>;
  /** What else must be through before it is finished. */
  readonly within: Promise<unknown>[];
}

/**
 * Replays recorded runs with a request for each action, as a careful user writes it by hand: each
 * call waits for the answers to those that it needs, and a finish for all that belongs to what ends.
 */
export async function replayOneByOne(actions: Actions, target: Target): Promise<Replayed> {
  const calls = new CallsOneByOne(target);
  for await (const action of actions) calls.start(action);
  return calls.result();
}

class CallsOneByOne {
  readonly #target: Target;
  readonly #slots: Slots;
  readonly #tally = new Tally();
  readonly #runs = new Map<string, Made>();
  readonly #spans = new Map<string, Made>();
  readonly #timeOf = recordedTimes(START);

  constructor(target: Target) {
    this.#target = target;
    this.#slots = new Slots(target.inFlight);
  }

  start(action: RecordedAction): void {
    if (action.type === 'agent_instances/register') {
      const id = this.#call(action, [], () => ({}));
      this.#runs.set(action.instance, { id, within: [] });
      this.#tally.count(id, nameOf(action));
      return;
    }
    const run = known(this.#runs, action.instance);
    const instance = async (): Promise<Places> => ({ instance: await run.id });
    switch (action.type) {
      case 'agent_instances/start':
      case 'agent_instances/record_quality':
        run.within.push(this.#counted(this.#call(action, [], instance)));
        break;
      case 'agent_spans/create':
        this.#create(action, run);
        break;
      case 'agent_spans/finish': {
        const { id, within } = known(this.#spans, action.span);
        const done = this.#call(action, within, async () => ({ span: await id }));
        run.within.push(this.#counted(done));
        break;
      }
      case 'agent_instances/finish':
        this.#tally.count(this.#call(action, run.within, instance));
        break;
      default:
        action satisfies never;
    }
  }

  /** Resolves when all calls have settled. */
  result(): Promise<Replayed> {
    return this.#tally.result();
  }

  #create(action: ActionOf<'agent_spans/create'>, run: Made): void {
    const parent = action.parent === undefined ? undefined : known(this.#spans, action.parent);
    // The start of the run is the first of what is within it.
    const id = this.#call(action, run.within.slice(0, 1), async () => ({
      instance: await run.id,
      parent: await parent?.id,
    }));
    this.#spans.set(action.span, { id, within: [] });
    parent?.within.push(id);
    run.within.push(id);
    this.#tally.count(id, nameOf(action));
  }

  #counted(done: Promise<string>): Promise<string> {
    this.#tally.count(done);
    return done;
  }

  /** The request of an action, once all that it needs has its answer. */
  async #call(
    action: RecordedAction,
    needed: readonly Promise<unknown>[],
    places: () => Promise<Places> | Places,
  ): Promise<string> {
    const time = this.#timeOf(action);
    await Promise.all(needed);
    const request = requestOf(action, time, await places());
    return this.#slots.use(() => post(this.#target, request));
  }
}

interface Request {
  readonly path: string;
  readonly body: object;
}

/** What is one item of a bulk request is one request here: ids stand in its path. */
function requestOf(action: RecordedAction, time: string, places: Places): Request {
  const { _type, agent_instance_id, agent_span_id, ...body } = wireFormOf(action, time, places);
  switch (action.type) {
    case 'agent_instances/register':
      return { path: 'agent_instance/register', body };
    case 'agent_spans/create':
      return { path: 'agent_spans', body };
    case 'agent_spans/finish':
      return { path: `agent_spans/${agent_span_id}/finish`, body };
    default:
      return { path: `agent_instance/${agent_instance_id}/${_type.split('/')[1]}`, body };
  }
}

async function post({ url, token }: Target, { path, body }: Request): Promise<string> {
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
