// A web page that reports what its user does. `examples/browser-page.ts` serves it, and has set `api`.
//
// The token of this page is that of an emulator. A real one does not belong into a page: use a relay
// (docs/guide/bundlers.md, "Browsers: use a relay").
import { AutobatchClient } from '../../src/index.ts';

declare const api: string;

const client = new AutobatchClient({ apiUrl: api, apiToken: 'test-token' });
const run = await client.agentInstances.register({ agentVersion: { name: 'Page' } });
void client.agentInstances.start(run);
for (let index = 0; index < 200; index++) {
  void client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'page:click',
    status: 'complete',
    payload: { index },
  });
}
void client.agentInstances.finish(run);
const { accepted, succeeded } = await client.close();
const { requests } = client.stats();
document.body.textContent = `${succeeded} of ${accepted} calls succeeded, in ${requests} requests`;
await fetch('/shown', { method: 'POST', body: document.body.textContent });
