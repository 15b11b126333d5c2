// A live page of what the client does. Run alone, it stays for a minute: open the address that it prints. Needs
// PREFACTOR_API_URL and PREFACTOR_API_TOKEN; `npm run examples` sets both to an emulator, and then it ends at once.
import { setTimeout as wait } from 'node:timers/promises';
import { AutobatchClient } from '../src/index.ts';
import { createInspector } from '../src/inspector/index.ts';

const seconds = process.stdout.isTTY ? 60 : 1;

const client = new AutobatchClient({ logger: false });
const inspector = createInspector(client, { title: 'example', always: true });
const { url } = await inspector.listen();
console.log(`Open ${url}`);

const run = client.agentInstances.register({});
void client.agentInstances.start(run);
for (let wave = 0; wave < seconds * 4; wave++) {
  for (let index = 0; index < 30; index++) {
    void client.agentSpans.create({
      // Every 25th belongs to a run that nobody has registered.
      agentInstanceId: index % 25 === 24 ? 'a-run-of-nobody' : run,
      schemaName: 'agent:tool',
      status: 'complete',
      payload: { wave, index },
    });
  }
  await wait(250);
}

const { accepted, succeeded, refused } = await client.close();
console.log(`${succeeded} of ${accepted} calls succeeded, ${refused} were refused.`);
await inspector.close();
