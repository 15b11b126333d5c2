// A call over a fetch of the user's. When SIGUSR2 says that it is in flight, all that nobody holds is
// collected; then the client is closed, which gives the call up. Says whether its Request is held after that.
import { once } from 'node:events';
import process from 'node:process';
import { newClient, say } from './agent.ts';

declare const gc: () => void;

type Fetch = (request: Request) => Promise<Response>;

const ways: Readonly<Record<string, Fetch>> = {
  'hands it on': (request) => fetch(request),
  'asks for its parts': async (request) => {
    const { url, method, headers, signal } = request;
    return fetch(url, { method, headers, body: await request.text(), signal });
  },
  'never comes back from it': (request) => {
    void fetch(request).catch(() => undefined);
    return new Promise(() => undefined);
  },
};

const [, , , way = ''] = process.argv;
let sent: WeakRef<Request> | undefined;
const inFlight = once(process, 'SIGUSR2');
const client = newClient({
  logger: false,
  fetch: (request) => {
    sent = new WeakRef(request);
    return ways[way]?.(request) ?? Promise.reject();
  },
});
client.agentInstances.register({}).catch(({ name }: Error) => say(name));
await inFlight;
await collect();
await client.close({ timeoutMs: 0 });
await collect();
say(sent?.deref() === undefined ? 'let go' : 'held');

async function collect(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
