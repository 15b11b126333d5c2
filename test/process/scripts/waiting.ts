// Calls that wait for a server that does not answer, and keys that are kept of very many calls: says how
// many bytes each of them takes.
import { IdGenerator } from '../../../src/ids/id-generator.ts';
import { AutobatchClient } from '../../../src/index.ts';
import { say } from './agent.ts';

declare const gc: () => void;

const CALLS = 20_000;
const KEYS = 500_000;
const KEPT = 500;
/** Of the details of such a span, as the caller gives them. */
const DETAILS_BYTES = 325;

function held(): number {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const client = new AutobatchClient({
  apiUrl: 'https://server.test',
  apiToken: 'test-token',
  queue: { maxItems: CALLS * 2, maxBytes: CALLS * 2_000 },
  fetch: () => new Promise(() => {}),
});

/** The run is another's, so only the answer will tell the span's id. */
function make(index: number): Promise<unknown> {
  const details = { agentInstanceId: 'run-of-another', schemaName: 'agent:llm', status: 'active' };
  const payload = { step: index, text: '' };
  const bare = JSON.stringify({ ...details, payload }).length;
  payload.text = 'x'.repeat(DETAILS_BYTES - bare);
  return client.agentSpans.create({ ...details, payload } as never);
}

for (let index = 0; index < 1_000; index++) void make(index);
await new Promise(setImmediate);
const calls = new Array<Promise<unknown> | undefined>(CALLS).fill(undefined);
const before = held();
for (let index = 0; index < CALLS; index++) calls[index] = make(index);
await new Promise(setImmediate);
const bytesPerCall = (held() - before) / CALLS;

const ids = new IdGenerator();
const keys: string[] = new Array(KEPT).fill('');
const beforeKeys = held();
for (let made = 0; made < KEYS; made++) {
  const key = ids.makeKey();
  if (made % (KEYS / KEPT) === 0) keys[made / (KEYS / KEPT)] = key;
}
const bytesPerKey = (held() - beforeKeys) / KEPT;
say(JSON.stringify({ bytesPerCall, bytesPerKey, left: calls.length + keys.length }));
process.exit();
