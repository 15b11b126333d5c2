// A user's program. scripts/check-packed.ts copies it into an empty project with the tarball, checks
// it with several compilers, and runs it. No part of the checkout's own type check.
import { AutobatchClient } from 'prefactor-autobatch';
import { prefactorTelemetry } from 'prefactor-autobatch/ai';
import * as coalescer from 'prefactor-autobatch/coalescer';
import { createBatchingFetch } from 'prefactor-autobatch/fetch';
import 'prefactor-autobatch/register'; // without a token it leaves `fetch` as it is
import { Emulator } from 'prefactor-autobatch/testing';
import { traced } from 'prefactor-autobatch/trace';

const server = await new Emulator({ token: 'token' }).listen(0);
const client: AutobatchClient = new AutobatchClient({ apiUrl: server.url, apiToken: 'token' });
const answer: Promise<string> = traced(client).run({ name: 'agent' }, async () => 'done');
if ((await answer) !== 'done') throw new Error('not what the function returned');
if (prefactorTelemetry(traced(client)).executeTool({ callId: '', execute: () => 7 }) !== 7)
  throw new Error('not run');
const batchingFetch = createBatchingFetch(client, { answer: 'on-accept' });
const registered = await batchingFetch(`${server.url}/api/v1/agent_instance/register`, {
  method: 'POST',
  headers: { Authorization: 'Bearer token' },
  body: '{}',
});
if (!registered.ok || batchingFetch.stats().batched !== 1) throw new Error('not batched');
await client.close();
await server.close();
if (Object.keys(coalescer).length === 0) throw new Error('nothing in /coalescer');
