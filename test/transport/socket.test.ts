// The transport over real sockets: what a broken server or network does.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { batchOf, patient, token, transportOf } from './transport.ts';

let server: Server;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
process.on('unhandledRejection', note);

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  // A turn of the event loop, after which Node would have reported it.
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

test('a request and its answer arrive whole', async () => {
  const seen: unknown[] = [];
  const outputs = {
    'order-span-00': { status: 'success', details: { text: '茶'.repeat(50_000) } },
  };
  const apiUrl = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push(request.method, request.url, Buffer.concat(chunks).toString());
      seen.push(request.headers['content-length'], request.headers.authorization);
      response.end(JSON.stringify({ status: 'success', outputs }));
    });
  });
  const reply = await transportOf({ apiUrl, apiToken: 'pf_secret' }).send(
    batchOf('{"a":"茶"}'),
    patient(),
  );
  expect(reply).toEqual({ kind: 'answered', status: 200, outputs });
  const body = '{"items":[{"a":"茶"}]}';
  expect(seen).toEqual([
    'POST',
    '/api/v1/bulk',
    body,
    String(Buffer.byteLength(body)),
    'Bearer pf_secret',
  ]);
});

test('a redirect is not followed, and the token goes nowhere else', async () => {
  const paths: (string | undefined)[] = [];
  const apiUrl = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(await transportOf({ apiUrl }).send(batchOf('{}'), patient())).toMatchObject({
    kind: 'refused',
    status: 307,
    exists: false,
    blame: undefined,
  });
  expect(paths).toEqual(['/api/v1/bulk']);
});

test('a body that breaks off is a lost answer', async () => {
  const apiUrl = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"outputs": {', () => response.destroy());
  });
  expect(await transportOf({ apiUrl }).send(batchOf('{}'), patient())).toEqual({
    kind: 'lost',
    status: undefined,
    overload: false,
    failure: { kind: 'connection', cause: expect.any(Error) },
  });
});

test('a connection that drops is a lost answer, whose cause does not carry the request', async () => {
  const apiUrl = await serve((request) => request.socket.destroy());
  const reply = await transportOf({ apiUrl, apiToken: token }).send(batchOf('{}'), patient());
  expect(reply).toEqual({
    kind: 'lost',
    status: undefined,
    overload: false,
    failure: { kind: 'connection', cause: expect.any(Error) },
  });
  const { inspect } = await import('node:util');
  expect(inspect(reply, { depth: 20, showHidden: true })).not.toContain('pf_secret');
});

test('a port where nobody listens is a lost answer', async () => {
  const apiUrl = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  const reply = await transportOf({ apiUrl }).send(batchOf('{}'), patient());
  expect(reply).toMatchObject({
    kind: 'lost',
    failure: { kind: 'connection', cause: { code: 'ECONNREFUSED' } },
  });
});

test('a time-out while the body trickles closes the connection', async () => {
  let hung: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    hung = resolve;
  });
  // The only wait of these tests: the server sends a little, then nothing, until it is hung up on.
  const apiUrl = await serve((_, response) => {
    response.on('close', hung);
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{');
  });
  const reply = transportOf({ apiUrl, attemptTimeoutMs: 50 }).send(batchOf('{}'), patient());
  expect(await reply).toEqual({
    kind: 'lost',
    status: undefined,
    overload: true,
    failure: { kind: 'timeout', ms: 50 },
  });
  await closed;
});

test('an abort closes the connection', async () => {
  const abort = new AbortController();
  let hung: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    hung = resolve;
  });
  const apiUrl = await serve((_, response) => {
    response.on('close', hung);
    abort.abort('enough');
  });
  expect(await transportOf({ apiUrl }).send(batchOf('{}'), { signal: abort.signal })).toMatchObject(
    { kind: 'lost', failure: { kind: 'aborted', cause: 'enough' } },
  );
  await closed;
});
