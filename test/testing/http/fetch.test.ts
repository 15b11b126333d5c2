// `emulator.fetch` as a fetch: what it takes, and that it can be handed on.

import { expect, test } from 'vitest';
import { HEADERS, newEmulator, ORIGIN } from '../helpers.ts';

const BODY = '{"items":[{"_type":"agents/list","idempotency_key":"list-of-agents"}]}';
const INIT = { method: 'POST', headers: HEADERS, body: BODY };
const BULK = `${ORIGIN}/api/v1/bulk`;

test('it is bound', async () => {
  const { fetch } = newEmulator();
  expect((await fetch(BULK, INIT)).status).toBe(200);
});

test('it takes a text, a URL, a Request, and a Request with more', async () => {
  const emulator = newEmulator();
  const responses = [
    await emulator.fetch(BULK, INIT),
    await emulator.fetch(new URL(BULK), INIT),
    await emulator.fetch(new Request(BULK, INIT)),
    await emulator.fetch(new Request(BULK, { ...INIT, method: 'PUT' }), { method: 'POST' }),
    await emulator.fetch(BULK, { ...INIT, headers: new Headers(HEADERS), method: 'post' }),
    await emulator.fetch(BULK, { ...INIT, body: new TextEncoder().encode(BODY) }),
    await emulator.fetch(BULK, { ...INIT, body: new Blob([BODY]) }),
  ];
  expect(responses.map((response) => response.status)).toEqual([200, 200, 200, 200, 200, 200, 200]);
  expect(emulator.report().bytes).toBe(7 * BODY.length);
  expect(emulator.report().breaches).toEqual([]);
});

test('it reads the body of a Request, as fetch does', async () => {
  const request = new Request(BULK, INIT);
  await newEmulator().fetch(request);
  expect(request.bodyUsed).toBe(true);
});

test('also of one that shows no stream, as in Firefox', async () => {
  const emulator = newEmulator();
  const request = new Request(BULK, INIT);
  Object.defineProperty(request, 'body', { value: undefined });
  expect((await emulator.fetch(request)).status).toBe(200);
  expect(emulator.report().bytes).toBe(BODY.length);
});

test('any origin will do', async () => {
  const emulator = newEmulator();
  const response = await emulator.fetch('http://127.0.0.1:9/api/v1/ping', { headers: HEADERS });
  expect(response.status).toBe(200);
});

test('what is no URL is a TypeError', async () => {
  await expect(newEmulator().fetch('/api/v1/ping')).rejects.toThrow(TypeError);
});
