// The emulator on a real socket of 127.0.0.1.

import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Emulator, EmulatorServer } from '../../../src/testing/index.ts';
import type { Reply } from '../helpers.ts';
import { create, HEADERS, newEmulator, outcomes, readReply, withInstance } from '../helpers.ts';

async function listen(emulator: Emulator): Promise<EmulatorServer> {
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return server;
}

function send(server: EmulatorServer, init: RequestInit = {}): Promise<Response> {
  const body = JSON.stringify({ items: [create('key-00001')] });
  return fetch(`${server.url}/api/v1/bulk`, { method: 'POST', headers: HEADERS, body, ...init });
}

async function reply(server: EmulatorServer): Promise<Reply> {
  return readReply(await send(server));
}

test('it answers as in process, with the same state', async () => {
  const emulator = await withInstance();
  const server = await listen(emulator);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  const { status, headers, body } = await reply(server);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(outcomes({ status, headers, body })).toEqual({ 'key-00001': 'success' });
  expect(emulator.report().breaches).toEqual([]);
  expect(emulator.report().effects).toEqual(new Map([['key-00001', 1]]));
});

test('two servers share the state of their emulator', async () => {
  const emulator = await withInstance();
  await reply(await listen(emulator));
  await reply(await listen(emulator));
  expect(emulator.report()).toMatchObject({ replays: 1 });
});

test('a port that is taken is an error', async () => {
  const emulator = newEmulator();
  const server = await listen(emulator);
  await expect(emulator.listen(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test.each(['dropBefore', 'dropAfter', 'dropMiddle'] as const)(
  '%s breaks the connection',
  async (kind) => {
    const emulator = await withInstance();
    const server = await listen(emulator);
    emulator.faults.next({ kind });
    await expect(reply(server)).rejects.toThrow(TypeError);
    expect(emulator.report().effects.size).toBe(kind === 'dropBefore' ? 0 : 1);
    expect((await reply(server)).status).toBe(200);
  },
);

test('a page, a status and half of a body arrive as they are', async () => {
  const emulator = await withInstance();
  const server = await listen(emulator);
  emulator.faults.next({ kind: 'html' });
  emulator.faults.next({ kind: 'status', status: 429, retryAfter: 7 });
  emulator.faults.next({ kind: 'truncate', length: 9 });
  expect((await reply(server)).status).toBe(502);
  expect((await reply(server)).headers.get('retry-after')).toBe('7');
  expect((await reply(server)).body).toBe('{"status"');
});

test('an endless body ends when its reader leaves', async () => {
  const emulator = await withInstance();
  const server = await listen(emulator);
  emulator.faults.next({ kind: 'endless' });
  const response = await send(server);
  const reader = response.body?.getReader();
  for (let bytes = 0; bytes < 1_000_000; ) bytes += (await reader?.read())?.value?.length ?? 0;
  expect(emulator.report().openBodies).toBe(1);
  await reader?.cancel();
  await server.close();
  expect(emulator.report()).toMatchObject({ openBodies: 0, breaches: [] });
});

test('a client that hangs up ends the waiting', async () => {
  let waiting = (): void => {};
  const waits = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const emulator = newEmulator({
    latencyMs: 10,
    delay: () => {
      waiting();
      return new Promise(() => {});
    },
  });
  const server = await listen(emulator);
  const controller = new AbortController();
  const sent = expect(send(server, { signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  await waits;
  controller.abort();
  await sent;
  await server.close();
  expect(emulator.report().batches).toEqual([expect.objectContaining({ status: 'dropped' })]);
});

test("an error of a test's own function is shown", async () => {
  const emulator = await withInstance();
  const server = await listen(emulator);
  emulator.faults.refuse(() => {
    throw new Error('a mistake in the test');
  });
  const { status, body } = await reply(server);
  expect(status).toBe(500);
  expect(body).toBe('The emulator failed: Error: a mistake in the test');
});

test('close ends all connections, and may be called twice', async () => {
  const server = await newEmulator().listen();
  const socket = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await Promise.all([server.close(), server.close(), ended]);
  await expect(send(server)).rejects.toThrow(TypeError);
});

test('a server can be disposed of', async () => {
  let url: string;
  {
    await using server = await newEmulator().listen();
    url = server.url;
    expect((await fetch(`${url}/api/v1/ping`, { headers: HEADERS })).status).toBe(200);
  }
  await expect(fetch(`${url}/api/v1/ping`)).rejects.toThrow(TypeError);
});
