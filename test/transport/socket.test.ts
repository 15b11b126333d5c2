// The transport over real sockets, on each way: what a broken server or network does.
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { serve, serveWhole } from './servers.ts';
import { token } from './transport.ts';
import type { SendTo } from './ways.ts';
import { lost, neverSent, sendingOver, ways } from './ways.ts';

describe.each(ways)('over %s', (way) => {
  let sendTo: SendTo;
  beforeEach(() => {
    sendTo = sendingOver(way);
  });

  test('a request and its answer arrive whole', async () => {
    const seen: unknown[] = [];
    const outputs = {
      'order-span-00': { status: 'success', details: { text: '茶'.repeat(50_000) } },
    };
    const { apiUrl } = await serveWhole((body, request, response) => {
      seen.push(request.method, request.url, body);
      seen.push(request.headers['content-length'], request.headers.authorization);
      response.end(JSON.stringify({ status: 'success', outputs }));
    });
    const reply = await sendTo(apiUrl, { text: '{"a":"茶"}' });
    expect(reply).toEqual({
      kind: 'answered',
      status: 200,
      outputs,
      requestId: expect.any(Function),
    });
    const body = '{"items":[{"a":"茶"}]}';
    expect(seen).toEqual([
      'POST',
      '/api/v1/bulk',
      body,
      String(Buffer.byteLength(body)),
      `Bearer ${token}`,
    ]);
  });

  test('a redirect is not followed, and the token goes nowhere else', async () => {
    const paths: (string | undefined)[] = [];
    const { apiUrl } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await sendTo(apiUrl)).toMatchObject({
      kind: 'refused',
      status: 307,
      exists: false,
      blame: undefined,
    });
    expect(paths).toEqual(['/api/v1/bulk']);
  });

  test('a body that breaks off is a lost answer', async () => {
    const { apiUrl } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"outputs": {', () => response.destroy());
    });
    expect(await sendTo(apiUrl)).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
  });

  test('a connection that drops is a lost answer, whose cause does not carry the request', async () => {
    const { apiUrl } = await serve((request) => request.socket.destroy());
    expect(await sendTo(apiUrl)).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
  });

  test('what is no HTTP is a lost answer', async () => {
    const { apiUrl } = await serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(await sendTo(apiUrl)).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
  });

  test('a request that is echoed where a chunk should begin is in no part of the cause', async () => {
    const { apiUrl } = await serve((request) => {
      const { authorization } = request.headers;
      request.socket.end(
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${authorization} {"echoed":1}\r\n`,
      );
    });
    const reply = await sendTo(apiUrl, { text: '{"echoed":1}' });
    expect(reply).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
    expect(inspect(reply, { depth: 5 })).toMatch(/HPE_INVALID_CHUNK_SIZE|HTTPParserError/);
    expect(inspect(reply, { depth: 5 })).not.toContain('echoed');
  });

  test('to a port where nobody listens nothing is sent', async () => {
    const { apiUrl, close } = await serve(() => undefined);
    await close();
    const reply = await sendTo(apiUrl);
    expect(reply).toEqual(neverSent(way, { kind: 'connection', cause: expect.any(Error) }));
    expect(inspect(reply, { depth: 5 })).toContain('ECONNREFUSED');
  });

  test('a time-out while the body trickles closes the connection', async () => {
    const trickling = deferred<void>();
    const closed = deferred<void>();
    const { apiUrl } = await serve((_, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => trickling.resolve());
    });
    const clock = new HandClock();
    const reply = sendTo(apiUrl, { attemptTimeoutMs: 50, clock });
    await trickling.promise;
    clock.advance(50);
    expect(await reply).toEqual(lost({ kind: 'timeout', ms: 50 }));
    await closed.promise;
  });

  test('an abort closes the connection', async () => {
    const abort = new AbortController();
    const closed = deferred<void>();
    const { apiUrl } = await serve((_, response) => {
      response.on('close', closed.resolve);
      abort.abort('enough');
    });
    expect(await sendTo(apiUrl, { signal: abort.signal })).toEqual(
      lost({ kind: 'aborted', cause: 'enough' }),
    );
    await closed.promise;
  });
});
