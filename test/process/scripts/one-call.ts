// One call that is awaited.
import { newClient, say } from './agent.ts';

const client = newClient({ allowInsecure: true });
await client.agentInstances.register({});
say('resolved');
await client.close();
