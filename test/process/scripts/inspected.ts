// A program that is inspected, with a page open, and ends by itself.
import { get } from 'node:http';
import { AutobatchClient } from '../../../src/index.ts';
import { createInspector } from '../../../src/inspector/index.ts';
import { Emulator } from '../../../src/testing/index.ts';

const emulator = new Emulator();
const client = new AutobatchClient({ apiToken: 'test-token', fetch: emulator.fetch });
const { url } = await createInspector(client).listen();
await new Promise<void>((resolve) => {
  const request = get(`${url}/events`, (response) => {
    response.once('data', () => resolve());
    response.socket.unref();
  });
  request.on('error', () => {});
});
await client.agentInstances.register({});
process.stdout.write('over\n');
