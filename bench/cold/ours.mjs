// One span by the client of this package, as it was built.
import { AutobatchClient } from 'prefactor-autobatch';
import { report } from './report.mjs';

const client = new AutobatchClient({ apiUrl: process.argv[2], apiToken: 'bench-token' });
const span = await client.agentSpans.create({
  agentInstanceId: 'a3f1c2d4-1111-4222-8333-944445555666',
  schemaName: 'agent:llm',
  status: 'active',
  payload: { name: 'step 1' },
});
if (span.status !== 'active') throw new Error('This is no answer.');
report();
await client.close();
