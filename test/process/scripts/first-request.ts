// The very first request of a process, before Node's own dispatcher is there: what is its call told?
import { AutobatchClient, isPrefactorError } from '../../../src/index.ts';

const [apiUrl] = process.argv.slice(2);
const client = new AutobatchClient({
  apiUrl,
  apiToken: 'test-token',
  logger: false,
  deliveryTimeoutMs: 1_500,
});
const error: unknown = await client.agentInstances.register({}).catch((thrown: unknown) => thrown);
if (isPrefactorError(error) && 'attempts' in error) {
  process.stdout.write(`${error.code} ${error.attempts} ${error.maybeApplied}\n`);
}
await client.close({ timeoutMs: 0 });
process.exit();
