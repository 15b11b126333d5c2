import type { Actions, RecordedAction } from '../actions/recorded-action.ts';
import { timeOf } from './recorded-time.ts';
import { Slots } from './slots.ts';
import type { Replayed } from './tally.ts';
import { nameOf, Tally } from './tally.ts';

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
  const tally = new Tally();
  const slots = new Slots(target.inFlight);
  const runs = new Map<string, Made>();
  const spans = new Map<string, Made>();

  const call = async (
    needed: readonly Promise<unknown>[],
    request: () => Promise<readonly [path: string, body: object]>,
  ): Promise<string> => {
    await Promise.all(needed);
    const [path, body] = await request();
    return slots.use(() => post(target, path, body));
  };

  const start = (action: RecordedAction): void => {
    const timestamp = timeOf(action);
    if (action.type === 'agent_instances/register') {
      const { agent_version } = action.payload;
      const id = call([], async () => ['agent_instance/register', { agent_version }]);
      runs.set(action.instance, { id, within: [] });
      tally.count(id, nameOf(action));
      return;
    }
    const run = known(runs, action.instance);
    switch (action.type) {
      case 'agent_instances/start': {
        const done = call([], async () => [`agent_instance/${await run.id}/start`, { timestamp }]);
        run.within.push(done);
        tally.count(done);
        break;
      }
      case 'agent_spans/create': {
        const { schema_name, status, payload } = action;
        const parent = action.parent == null ? undefined : known(spans, action.parent);
        // The start of the run is the first of what is within it.
        const id = call(run.within.slice(0, 1), async () => {
          const details = {
            agent_instance_id: await run.id,
            parent_span_id: (await parent?.id) ?? null,
            schema_name,
            status,
            payload,
            started_at: timestamp,
          };
          return ['agent_spans', { details }];
        });
        spans.set(action.span, { id, within: [] });
        parent?.within.push(id);
        run.within.push(id);
        tally.count(id, nameOf(action));
        break;
      }
      case 'agent_spans/finish': {
        const { status, result_payload } = action;
        const { id, within } = known(spans, action.span);
        const body = { status, result_payload, timestamp };
        const done = call(within, async () => [`agent_spans/${await id}/finish`, body]);
        run.within.push(done);
        tally.count(done);
        break;
      }
      case 'agent_instances/finish': {
        const body = { status: action.status, timestamp };
        const { id, within } = run;
        tally.count(call(within, async () => [`agent_instance/${await id}/finish`, body]));
        break;
      }
      default:
        action satisfies never;
    }
  };

  for await (const action of actions) start(action);
  return tally.result();
}

async function post({ url, token }: Target, path: string, body: object): Promise<string> {
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

function known(made: ReadonlyMap<string, Made>, name: string): Made {
  const found = made.get(name);
  if (found === undefined) throw new Error(`The file uses "${name}" before it makes it.`);
  return found;
}
