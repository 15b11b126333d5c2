// Calls whose arguments or answers are large, kind by kind; says what the heap has grown by when all are over.
import { AutobatchClient } from '../../../src/index.ts';
import { say } from './agent.ts';

declare const gc: () => void;

const CALLS = 200;
const LARGE = 200_000;

interface Item {
  readonly idempotency_key: string;
}

/** A text as large as that of which nobody else has a part. */
function large(): string {
  // Read once more, since what is repeated is not written out.
  return JSON.parse(JSON.stringify(crypto.randomUUID().repeat(LARGE / 36)));
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

/** A signal that lives as long as the program, as that of an agent. */
const shared = new AbortController();

/** A call that is aborted, for a reason that holds much. */
function aborted(soon: (abort: () => void) => void): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const call = agentInstances.start('run', {}, { signal });
  soon(() => controller.abort(Object.assign(new Error('Not needed.'), { request: large() })));
  return call.then(
    () => Promise.reject(new Error('It was to be aborted.')),
    () => {},
  );
}

/** What a program may do with an error: keep it. */
const kept: unknown[] = [];

function failing(call: Promise<unknown>): Promise<void> {
  return call.then(
    () => Promise.reject(new Error('It was to fail.')),
    (error) => void kept.push(error),
  );
}

interface Kind {
  readonly answer: Answer;
  /** How many of them are made at once. @default 10, so that answers stay small */
  readonly together?: number;
  call(n: number): Promise<unknown>;
}

const kinds: Record<string, Kind> = {
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
  'keys that were cut out of a text, of calls that failed': {
    answer: () => Response.json({ code: 'bad_request' }, { status: 405 }),
    call: () => failing(agentInstances.start('run', { idempotencyKey: large().slice(0, 36) })),
  },
  'fields with names as large as answers': {
    answer: (items) =>
      outputs(items, () => ({ status: 'success', details: { id: 'i', [large()]: 1 } })),
    call: () => agentInstances.start('run'),
  },
  'results of calls that came together': {
    answer: well,
    together: 100,
    call: () => agentInstances.start('run'),
  },
  'batches that their callers packed': {
    answer: well,
    call: (n) =>
      client.bulk.execute({
        items: [{ _type: 'notes/write', idempotency_key: `packed-no-${n}`, text: large() }],
      }),
  },
  'reasons of aborts before anything is sent': {
    answer: well,
    together: 100,
    call: () => aborted((abort) => abort()),
  },
  'reasons of aborts in flight': {
    answer: well,
    together: 100,
    call: () => aborted((abort) => setImmediate(abort)),
  },
  'reasons of aborts by a signal that many calls follow': {
    answer: well,
    together: 100,
    call: (n) => agentInstances.start(`run-${n}`, {}, { signal: shared.signal }),
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

/** Bytes of objects and buffers: a body is one or the other. */
async function bytesUsed(): Promise<number> {
  // What one collection found to be gone may hold more, which goes with the next.
  for (let times = 0; times < 3; times++) {
    await new Promise(setImmediate);
    gc();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function makeCalls({ call, together = 10 }: Kind): Promise<void> {
  for (let n = 0; n < CALLS; n += together) {
    await Promise.all(Array.from({ length: together }, (_, index) => call(n + index)));
  }
}

// Other calls come first, so that what any call leaves behind is there before.
answer = (items) => outputs(items, () => ({ status: 'success', details: { id: 'i' } }));
await makeCalls({ answer, together: 100, call: () => agentInstances.start('run') });
const grown: Record<string, number> = {};
for (const [name, kind] of Object.entries(kinds)) {
  const before = await bytesUsed();
  answer = kind.answer;
  await makeCalls(kind);
  grown[name] = (await bytesUsed()) - before;
}
say(JSON.stringify({ grown, kept: kept.length, pending: client.stats().ledger.pending }));
