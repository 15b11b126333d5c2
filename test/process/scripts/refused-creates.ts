// So many creates whose refusals carry 50 kB, the half of them aborted with a reason as large; says by how much the heap has grown.
import { AutobatchClient } from '../../../src/index.ts';
import { say } from './agent.ts';

declare const gc: () => void;

const CREATES = Number(process.argv[2]);
const LARGE = 50_000;
const RUN = '01k3zxw0000000a1b2c3000000000001';

/** Promise jobs and nothing else: no turn of the event loop lets anything go by the way. */
async function refuse(request: Request): Promise<Response> {
  const { items } = (await request.json()) as { items: { idempotency_key: string }[] };
  const key = items[0]?.idempotency_key ?? '';
  const text = `${key}${'y'.repeat(LARGE)}`;
  const output = {
    status: 'error',
    code: 'bad_request',
    message: text,
    errors: { payload: [text] },
  };
  return Response.json({ status: 'success', outputs: { [key]: output } });
}

const client = new AutobatchClient({
  apiUrl: 'https://server.test',
  apiToken: 'test-token',
  fetch: refuse,
  logger: false,
  batch: { maxItems: 1 },
});

function create(signal?: AbortSignal): Promise<unknown> {
  const span = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
  return client.agentSpans.create(span, { signal });
}

function abortedCreate(n: number): Promise<unknown> {
  const abort = new AbortController();
  const call = create(abort.signal);
  abort.abort({ body: String(n).padStart(LARGE, 'z') });
  return call;
}

async function makeSpans(count: number): Promise<number> {
  for (let n = 0; n < count; n += 20) {
    const calls = Array.from({ length: 10 }, (_, index) => [create(), abortedCreate(n + index)]);
    await Promise.allSettled(calls.flat());
  }
  gc();
  return process.memoryUsage().heapUsed;
}

const before = await makeSpans(100);
const after = await makeSpans(CREATES);
say(JSON.stringify({ grownBy: after - before, ledger: client.stats().ledger }));
