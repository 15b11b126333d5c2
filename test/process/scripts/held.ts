// Calls of one kind whose arguments or answers are large; says what the heap has grown by when all are over.
import { AutobatchClient } from '../../../src/index.ts';
import { say } from './agent.ts';

declare const gc: () => void;

const CALLS = 400;
const LARGE = 200_000;

interface Item {
  readonly idempotency_key: string;
}

/** A text as large as that of which nobody else has a part. */
function large(): string {
  return crypto.randomUUID().repeat(LARGE / 36);
}

type Answer = (items: readonly Item[]) => Response | Promise<Response>;

function outputs(items: readonly Item[], output: () => unknown): Response {
  const entries = items.map(({ idempotency_key }) => [idempotency_key, output()]);
  return Response.json({ status: 'success', outputs: Object.fromEntries(entries) });
}

const well: Answer = (items) =>
  outputs(items, () => ({ status: 'success', details: { id: 'i', payload: large() } }));
const badly: Answer = (items) =>
  outputs(items.slice(0, 1), () => ({ status: 'error', code: 'bad_request', message: large() }));

let answer: Answer = well;

const client = new AutobatchClient({
  apiUrl: 'https://server.test',
  apiToken: 'test-token',
  logger: false,
  fetch: async (request) => {
    const { items } = (await request.json()) as { items: Item[] };
    // As from a network: within one turn of the event loop nothing that is held weakly can go.
    await new Promise(setImmediate);
    return answer(items);
  },
});
const { agentInstances, agentSpans } = client;

/** What a program may do with an error: keep it. */
const kept: unknown[] = [];

function failing(call: Promise<unknown>): Promise<void> {
  return call.then(
    () => Promise.reject(new Error('It was to fail.')),
    (error) => void kept.push(error),
  );
}

const kinds: Record<string, { readonly answer: Answer; call(n: number): Promise<unknown> }> = {
  'finishes with keys of their own': {
    answer: well,
    call: (n) =>
      agentSpans.finish(`span-${n}`, {
        idempotencyKey: `finish-no-${n}`,
        resultPayload: { text: large() },
      }),
  },
  'actions with keys of their own': {
    answer: well,
    call: (n) =>
      client.submit({ _type: 'notes/write', idempotency_key: `note-no-${n}`, text: large() }),
  },
  'keys that were cut out of a text': {
    answer: well,
    call: () => agentInstances.start('run', { idempotencyKey: large().slice(0, 36) }),
  },
  'fields with names as large as answers': {
    answer: (items) =>
      outputs(items, () => ({ status: 'success', details: { id: 'i', [large()]: 1 } })),
    call: () => agentInstances.start('run'),
  },
  'errors of items': {
    answer: badly,
    call: (n) => failing(agentInstances.start(`run-${n}`)),
  },
  'errors of requests': {
    answer: () => Response.json({ code: 'bad_request', message: large() }, { status: 405 }),
    call: (n) => failing(agentInstances.start(`run-${n}`)),
  },
  'codes as large as answers': {
    answer: (items) => outputs(items, () => ({ status: 'error', code: large() })),
    call: (n) => failing(agentInstances.start(`run-${n}`)),
  },
  'answers that are none': {
    answer: () => new Response(large(), { status: 404 }),
    call: (n) => failing(agentInstances.start(`run-${n}`)),
  },
  'outputs that are none': {
    answer: (items) => outputs(items, () => large()),
    call: (n) => failing(agentInstances.start(`run-${n}`)),
  },
};

async function heapUsed(): Promise<number> {
  // What one collection found to be gone may hold more, which goes with the next.
  for (let times = 0; times < 3; times++) {
    await new Promise(setImmediate);
    gc();
  }
  return process.memoryUsage().heapUsed;
}

async function makeCalls(kind: string, from: number, count: number): Promise<void> {
  const { call } = kinds[kind] ?? { call: () => Promise.reject(new Error(`No kind ${kind}`)) };
  // Few at a time, so that requests stay small.
  for (let n = from; n < from + count; n += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => call(n + index)));
  }
}

const kind = process.argv[2] ?? '';
answer = kinds[kind]?.answer ?? well;
await makeCalls(kind, 0, 20);
const before = await heapUsed();
await makeCalls(kind, 20, CALLS);
const grown = (await heapUsed()) - before;
say(JSON.stringify({ grown, pending: client.stats().ledger.pending, kept: kept.length }));
