// docs/guide/network.md: what is set for a whole process holds for this client.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import { runScript } from '../helpers/child.ts';
import { certificatePath, identity } from '../helpers/tls/tls.ts';

const userAgent = `prefactor-autobatch/${VERSION}`;

/** The port of a server that listens until the end of the test. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Answers that all items have succeeded. */
async function succeed(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { items } = (await json(request)) as { items: { idempotency_key: string }[] };
  const outputs = items.map(({ idempotency_key }) => [
    idempotency_key,
    { status: 'success', details: { id: 'run-1' } },
  ]);
  response.end(JSON.stringify({ outputs: Object.fromEntries(outputs) }));
}

test('a proxy that the environment names carries the requests', async () => {
  const targets: unknown[] = [];
  const proxy = createHttpServer((request, response) => {
    targets.push(request.headers.host, request.headers['user-agent']);
    void succeed(request, response);
  });
  // A tunnel leads back to this server: the other end does not exist.
  proxy.on('connect', (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    proxy.emit('connection', socket);
  });
  const port = await listen(proxy);
  const ended = await runScript('one-call.ts', ['http://prefactor.invalid'], [], {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://127.0.0.1:${port}`,
  });
  expect(ended).toMatchObject({ code: 0, stdout: 'resolved\n' });
  expect(targets).toEqual(['prefactor.invalid', userAgent]);
}, 30_000);

test('a certificate that the environment vouches for is trusted', async () => {
  const agents: unknown[] = [];
  const server = createHttpsServer(identity, (request, response) => {
    agents.push(request.headers['user-agent']);
    void succeed(request, response);
  });
  const port = await listen(server);
  const ended = await runScript('one-call.ts', [`https://127.0.0.1:${port}`], [], {
    NODE_EXTRA_CA_CERTS: certificatePath,
  });
  expect(ended).toMatchObject({ code: 0, stdout: 'resolved\n', stderr: '' });
  expect(agents).toEqual([userAgent]);
}, 30_000);
