// What comes back over real sockets, on each way: compressed, in pieces, without end.
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { install } from '@sinonjs/fake-timers';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { maxAnswerBytes } from '../../src/transport/response-body.ts';
import { serve, serveWhole } from './servers.ts';
import type { SendTo } from './ways.ts';
import { dispatcherWays, lost, sendingOver, ways } from './ways.ts';

const outputs = { 'order-span-00': { status: 'success', details: { id: '茶'.repeat(1_000) } } };
const answered = {
  kind: 'answered',
  status: 200,
  outputs,
  requestId: expect.any(Function),
};
const json = Buffer.from(JSON.stringify({ outputs }));
const zipped = gzipSync(json);
/** Small, and larger than the bound when it is unpacked. */
const bomb = gzipSync(Buffer.alloc(maxAnswerBytes + 1, ' '), { level: 1 });

const tooLarge = {
  kind: 'lost',
  status: 200,
  failure: { kind: 'contract', problem: 'too large' },
};

describe.each(ways)('over %s', (way) => {
  let sendTo: SendTo;
  beforeEach(() => {
    sendTo = sendingOver(way);
  });

  /** What becomes of one request that is answered so. */
  async function replyTo(answer: (response: ServerResponse) => void) {
    const { apiUrl } = await serveWhole((_, __, response) => answer(response));
    return sendTo(apiUrl);
  }

  describe('gzip', () => {
    test('is asked for', async () => {
      let asked: unknown;
      const { apiUrl } = await serve((request, response) => {
        asked = request.headers['accept-encoding'];
        response.end(json);
      });
      await sendTo(apiUrl);
      expect(asked).toMatch(/\bgzip\b/);
    });

    test.each(['gzip', 'GZIP', 'x-gzip', ' X-GZip '])(
      'is read where the answer says so: %s',
      async (encoding) => {
        const reply = await replyTo((response) =>
          response.writeHead(200, { 'content-encoding': encoding }).end(zipped),
        );
        expect(reply).toEqual(answered);
      },
    );

    test('may come in pieces', async () => {
      const reply = await replyTo((response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        inBytes(response, zipped);
      });
      expect(reply).toEqual(answered);
    });

    test.each([
      ['in several members', [json.subarray(0, 7), json.subarray(7, 9), json.subarray(9)], 0],
      ['padded with zeros', [json], 512],
      ['with an empty member, and padded', [json, Buffer.alloc(0)], 1],
    ])('may be %s', async (_, members, zeros) => {
      const packed = [...members.map((member) => gzipSync(member)), Buffer.alloc(zeros)];
      const reply = await replyTo((response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.concat(packed)),
      );
      expect(reply).toEqual(answered);
    });

    test('that goes over the bound in many members is read to it', async () => {
      const member = gzipSync(Buffer.alloc(1_048_576, ' '), { level: 1 });
      const reply = await replyTo((response) =>
        response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(Buffer.concat(Array(33).fill(member))),
      );
      expect(reply).toMatchObject(tooLarge);
    });

    test.each([
      ['ends too early', zipped.subarray(0, -20)],
      ['is corrupt', Buffer.from(zipped).fill(0xff, 20, 40)],
      ['is none', json],
    ])('that %s is a lost answer', async (_, body) => {
      const reply = await replyTo((response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
      );
      expect(reply).toMatchObject({ kind: 'lost' });
    });

    test('whose connection breaks off is a lost answer', async () => {
      const reply = await replyTo((response) => {
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length });
        response.write(zipped.subarray(0, -1), () => response.destroy());
      });
      expect(reply).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
    });

    test('is unpacked to the bound only', async () => {
      expect(bomb.length).toBeLessThan(maxAnswerBytes / 100);
      const reply = await replyTo((response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
      );
      expect(reply).toMatchObject(tooLarge);
    });

    test('of nothing is an empty body, whose status counts', async () => {
      const reply = await replyTo((response) =>
        response.writeHead(429, { 'content-encoding': 'gzip', 'retry-after': '7' }).end(),
      );
      expect(reply).toMatchObject({ kind: 'busy', status: 429, afterMs: 7_000 });
    });
  });

  test('a body without end is read to the bound, and the connection closed', async () => {
    const chunk = Buffer.alloc(1_048_576, 'x');
    const closed = deferred<void>();
    const reply = await replyTo((response) => {
      response.on('close', closed.resolve);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', pour);
      };
      pour();
    });
    expect(reply).toMatchObject(tooLarge);
    await closed.promise;
  });

  test('characters that are cut into pieces arrive whole', async () => {
    const reply = await replyTo((response) => inBytes(response, json));
    expect(reply).toEqual(answered);
  });

  test('a mark of the byte order is no part of the text', async () => {
    expect(await replyTo((response) => response.end(`\ufeff${json}`))).toEqual(answered);
  });

  test('what announces the answer is not the answer', async () => {
    const reply = await replyTo((response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a>; rel=preload', 'retry-after': '70' }, () =>
        response.writeHead(429, { 'retry-after': '7' }).end(),
      );
    });
    expect(reply).toMatchObject({ kind: 'busy', status: 429, afterMs: 7_000 });
  });

  test('an upgrade that nobody asked for is a lost answer', async () => {
    const { apiUrl } = await serve((request) =>
      request.socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: tea\r\nconnection: upgrade\r\n\r\n',
      ),
    );
    expect(await sendTo(apiUrl)).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
  });

  test('a status that has no body has none', async () => {
    expect(await replyTo((response) => response.writeHead(204).end())).toMatchObject({
      kind: 'lost',
      status: 204,
      failure: { kind: 'contract', problem: 'no JSON', bodySnippet: '' },
    });
  });

  test.each([
    [429, 'Retry-After', '7', 7_000],
    [429, 'RETRY-AFTER', ' 0 ', 0],
    [429, 'retry-after', '1.5', undefined],
    [503, 'retry-after', '007', 7_000],
    [429, 'x-retry-after', '7', undefined],
  ])('of %d with %s: %j', async (status, name, value, afterMs) => {
    const reply = await replyTo((response) => response.writeHead(status, { [name]: value }).end());
    expect(reply).toMatchObject({ kind: 'busy', status, afterMs });
  });

  test('headers that come many times do no harm', async () => {
    const reply = await replyTo((response) => {
      for (const name of ['vary', 'set-cookie', 'content-language']) {
        response.setHeader(name, ['a=1', 'b=2', 'c=3']);
      }
      response.end(json);
    });
    expect(reply).toEqual(answered);
  });

  test('an answer that ends with the connection is whole', async () => {
    const { apiUrl } = await serve((request) =>
      request.socket.end(`HTTP/1.0 200 OK\r\n\r\n${json}`),
    );
    expect(await sendTo(apiUrl)).toEqual(answered);
  });
});

test.each(ways)('a wrong local clock makes no pause longer, nor shorter (%s)', async (way) => {
  const wrong = install({ now: Date.now() - 3_600_000, toFake: ['Date'] });
  onTestFinished(() => wrong.uninstall());
  const { apiUrl } = await serve((_, response) => {
    const headers = {
      date: 'Fri, 12 Feb 1999 23:59:31 GMT',
      'retry-after': 'Saturday, 13-Feb-99 00:00:01 GMT',
    };
    response.writeHead(429, headers).end();
  });
  expect(await sendingOver(way)(apiUrl)).toMatchObject({ kind: 'busy', afterMs: 30_000 });
});

test.each(dispatcherWays)('of a header that comes twice, the first counts (%s)', async (way) => {
  const { apiUrl } = await serve((_, response) => {
    response.setHeader('retry-after', ['7', '70']).writeHead(429).end();
  });
  expect(await sendingOver(way)(apiUrl)).toMatchObject({ kind: 'busy', afterMs: 7_000 });
});

/** Sends the body byte by byte, each when the one before it has left. */
function inBytes(response: ServerResponse, body: Buffer, at = 0): void {
  if (at === body.length) response.end();
  else response.write(body.subarray(at, at + 1), () => inBytes(response, body, at + 1));
}
