// One call in flight and one unsent, while the process stands still for longer than their limit: it is
// stopped from outside, or blocks its own loop, and says how they end.
import { AutobatchClient } from '../../../src/index.ts';

const [apiUrl = '', limit = '', how = ''] = process.argv.slice(2);
const client = new AutobatchClient({
  apiUrl,
  apiToken: 'test-token',
  logger: false,
  batch: { concurrency: 1 },
  [limit]: 1_000,
});
const call = (changes: string): Promise<string> =>
  client.submit({ _type: 'agents/update', agent_id: changes }, { changes }).then(
    () => 'ok',
    (error: Error) => error.name,
  );
// So that the connection is there.
await call('warm-up');
const calls = [call('in flight')];
await fetch(`${apiUrl}/arrived`); // answered once that is there
calls.push(call('unsent'));
process.stdout.write('in flight\n');
if (how === 'blocked') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
process.stdout.write(`ended ${(await Promise.all(calls)).join(' ')}\n`);
const { retried, ledger } = client.stats();
process.stdout.write(`${JSON.stringify({ retried, succeeded: ledger.succeeded })}\n`);
await client.close();
