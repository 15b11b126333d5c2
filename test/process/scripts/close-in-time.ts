// close() ends before the server has answered.
import { makeRun, newClient, say, sayWhenItEnds } from './agent.ts';

const client = newClient({ logger: false });
void makeRun(client);
const ledger = await client.close({ timeoutMs: 200 });
say('closed', JSON.stringify(ledger));
sayWhenItEnds('the close');
