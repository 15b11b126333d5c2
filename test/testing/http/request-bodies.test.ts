// Bodies of requests are read to a bound: whoever sends more than that cannot fill the emulator's memory.

import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  at,
  create,
  HEADERS,
  newEmulator,
  ORIGIN,
  readReply,
  send,
  withInstance,
} from '../helpers.ts';

const MiB = 1024 * 1024;
const BOUND = 64 * MiB;
const CHUNK = new Uint8Array(MiB).fill(0x20);
const HEAD = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);

/** A stream that never ends, and how many of its bytes were taken. */
function endless(): {
  readonly stream: ReadableStream<Uint8Array>;
  taken: number;
  isOpen: boolean;
} {
  const state = {
    taken: 0,
    isOpen: true,
    stream: new ReadableStream<Uint8Array>({
      pull(controller) {
        state.taken += CHUNK.length;
        controller.enqueue(CHUNK);
      },
      cancel() {
        state.isOpen = false;
      },
    }),
  };
  return state;
}

describe('an endless body', () => {
  test('in process gets 413, and is cancelled soon after the bound', async () => {
    const emulator = newEmulator();
    const body = endless();
    const response = await emulator.fetch(`${ORIGIN}/api/v1/bulk`, {
      method: 'POST',
      headers: HEADERS,
      body: body.stream,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(body.isOpen).toBe(false);
    expect(body.taken).toBeLessThan(BOUND + 4 * MiB);
    expect(emulator.report().breaches).toEqual([]);
  });

  test('on a socket gets 413, though it goes on, and is not kept', async () => {
    const emulator = newEmulator();
    await using server = await emulator.listen();
    const socket = connect(server.port, '127.0.0.1');
    const answer = new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(String(data))),
    );
    let hasAnswer = false;
    void answer.then(() => {
      hasAnswer = true;
    });
    socket.write(
      `POST /api/v1/bulk HTTP/1.1\r\nhost: emulator\r\n${HEAD.join('')}transfer-encoding: chunked\r\n\r\n`,
    );
    for (let sent = 0; !hasAnswer || sent < 2 * BOUND; sent += MiB) {
      expect(sent).toBeLessThan(10 * BOUND);
      socket.write(`${MiB.toString(16)}\r\n`);
      socket.write(CHUNK);
      await new Promise<void>((resolve) => socket.write('\r\n', () => resolve()));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(emulator.report().bytes).toBeLessThan(BOUND + 4 * MiB);
    socket.destroy();
  });
});

test('a body that promises more than it sends ends with its connection', async () => {
  const emulator = newEmulator();
  const server = await emulator.listen();
  const socket = connect(server.port, '127.0.0.1');
  const half = `POST /api/v1/bulk HTTP/1.1\r\nhost: emulator\r\n${HEAD.join('')}content-length: 900\r\n\r\n{"items":`;
  await new Promise<void>((resolve) => socket.write(half, () => resolve()));
  await new Promise<void>((resolve) => socket.end(resolve));
  socket.destroy();
  await server.close();
  expect(emulator.report().requests.all).toBe(0);
});

test.each([
  ['by default', {}, 200],
  ['with a bound of its own', { maxBytes: 2 * MiB }, 413],
  ['without any', { maxBytes: Number.POSITIVE_INFINITY }, 200],
])('a body of 3 MiB, %s', async (_what, options, status) => {
  const emulator = newEmulator(options);
  await using server = await emulator.listen();
  const item = { _type: 'agents/list', idempotency_key: 'list-of-agents' };
  const body = JSON.stringify({ items: [item] }).padEnd(3 * MiB);
  const reply = await readReply(
    await fetch(`${server.url}/api/v1/bulk`, { method: 'POST', headers: HEADERS, body }),
  );
  expect(reply.status).toBe(status);
  expect(at(reply.body, 'code')).toBe(status === 413 ? 'bad_request' : undefined);
  // So that whoever lowers its own bound can be seen to do it for these.
  expect(emulator.report().batches[0]?.keys).toEqual(['list-of-agents']);
});

test.each([10_000, 1_000_000])(
  'a payload nested %i levels deep is a bad request',
  async (levels) => {
    const emulator = await withInstance();
    const deep = '['.repeat(levels) + ']'.repeat(levels);
    const item = JSON.stringify(create('key-00001', { payload: { deep: 'here' } }));
    const body = `{"items":[${item.replace('"here"', deep)}]}`;
    const reply = await send(emulator, 'POST', 'bulk', body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    expect(emulator.report().effects.size).toBe(0);
  },
);

test.each([
  ['//', 404],
  ['//api/v1/ping', 404],
  ['http://emulator.test/api/v1/ping', 200],
  ['*', 404],
])('a request for %s on a socket gets %i', async (target, status) => {
  await using server = await newEmulator().listen();
  const socket = connect(server.port, '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nhost: emulator\r\n${HEAD.join('')}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  socket.destroy();
});

test('a body of 70 MB that is taken whole', async () => {
  const emulator = newEmulator({ maxBytes: 80 * MiB });
  const items = [create('key-00001')];
  const body = JSON.stringify({ items }).padEnd(70 * MiB);
  const response = await emulator.fetch(
    new Request(`${ORIGIN}/api/v1/bulk`, { method: 'POST', headers: HEADERS, body }),
  );
  expect(response.status).toBe(200);
});
