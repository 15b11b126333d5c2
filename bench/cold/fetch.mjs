// One span by a request of its own.
import { report } from './report.mjs';

const response = await fetch(`${process.argv[2]}/api/v1/agent_spans`, {
  method: 'POST',
  headers: { Authorization: 'Bearer bench-token', 'Content-Type': 'application/json' },
  body: JSON.stringify({
    idempotency_key: crypto.randomUUID(),
    details: {
      agent_instance_id: 'a3f1c2d4-1111-4222-8333-944445555666',
      schema_name: 'agent:llm',
      status: 'active',
      payload: { name: 'step 1' },
    },
  }),
});
const { details } = await response.json();
if (details.status !== 'active') throw new Error('This is no answer.');
report();
