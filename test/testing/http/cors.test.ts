// A page of another origin may use the emulator, and read what it needs of the answers.

import { expect, test } from 'vitest';
import type { Emulator } from '../../../src/testing/index.ts';
import { create, HEADERS, ORIGIN, withInstance } from '../helpers.ts';

const PAGE = 'http://localhost:5173';
const PREFLIGHT = {
  origin: PAGE,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,x-prefactor-sdk',
};

function ask(emulator: Emulator, headers: Record<string, string>, method = 'OPTIONS') {
  return emulator.fetch(`${ORIGIN}/api/v1/bulk`, {
    method,
    headers,
    ...(method === 'POST' && { body: JSON.stringify({ items: [create('key-00001')] }) }),
  });
}

test('a preflight is answered without a token, and allows what was asked', async () => {
  const emulator = await withInstance();
  const before = emulator.report();
  const { status, headers } = await ask(emulator, PREFLIGHT);
  expect(status).toBe(204);
  expect(Object.fromEntries(headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization,content-type,x-prefactor-sdk',
  });
  expect(headers.get('access-control-allow-private-network')).toBe(null);
  // It is the browser's, not the client's.
  expect(emulator.report()).toEqual(before);
});

test('a preflight from a public page to this machine is allowed, too', async () => {
  const emulator = await withInstance();
  const { headers } = await ask(emulator, {
    ...PREFLIGHT,
    'access-control-request-private-network': 'true',
  });
  expect(headers.get('access-control-allow-private-network')).toBe('true');
});

test('OPTIONS that is no preflight is a method like any other', async () => {
  const emulator = await withInstance();
  expect((await ask(emulator, HEADERS as Record<string, string>)).status).toBe(405);
});

test.each([
  ['a success', 200, () => {}],
  [
    'a fault',
    429,
    (emulator: Emulator) => emulator.faults.next({ kind: 'status', status: 429, retryAfter: 7 }),
  ],
  ["a proxy's page", 502, (emulator: Emulator) => emulator.faults.next({ kind: 'html' })],
  ['half an answer', 200, (emulator: Emulator) => emulator.faults.next({ kind: 'truncate' })],
] as const)(
  'a page may read %s, its Retry-After and its request id',
  async (_what, status, prepare) => {
    const emulator = await withInstance();
    prepare(emulator);
    const response = await ask(emulator, { ...HEADERS, origin: PAGE }, 'POST');
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toBe('Retry-After, X-Request-Id');
    expect(response.headers.get('x-request-id')).toBe('emulator-3');
  },
);

test('without an origin there is nothing of it, but the request id', async () => {
  const emulator = await withInstance();
  const { headers } = await ask(emulator, { ...HEADERS }, 'POST');
  expect([...headers.keys()]).toEqual(['content-type', 'x-request-id']);
});

test('it is so on a socket', async () => {
  await using server = await (await withInstance()).listen();
  const url = `${server.url}/api/v1/bulk`;
  const preflight = await fetch(url, { method: 'OPTIONS', headers: PREFLIGHT });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  const headers = { ...HEADERS, origin: PAGE };
  const answer = await fetch(`${server.url}/api/v1/ping`, { headers });
  expect(answer.headers.get('access-control-expose-headers')).toBe('Retry-After, X-Request-Id');
});
