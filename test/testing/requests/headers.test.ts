// Connection, paths and methods: docs/internals/api.md, "Connection" and "Single endpoints".

import { expect, test } from 'vitest';
import type { Reply } from '../helpers.ts';
import { at, get, HEADERS, newEmulator, send } from '../helpers.ts';

const BODY = '{"items":[{"_type":"agents/list","idempotency_key":"list-of-agents"}]}';

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(HEADERS).filter(([header]) => header !== name));
}

async function bulkWith(
  headers: Readonly<Record<string, string>>,
): Promise<{ reply: Reply; breaches: readonly string[] }> {
  const emulator = newEmulator();
  const reply = await send(emulator, 'POST', 'bulk', BODY, headers);
  return { reply, breaches: emulator.report().breaches };
}

test('the headers that an official client sends break nothing', async () => {
  const { reply, breaches } = await bulkWith(HEADERS);
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(breaches).toEqual([]);
});

test('without a token a request gets 401 bad_authtoken, which says what is wanted', async () => {
  const { reply, breaches } = await bulkWith(without('authorization'));
  expect(reply.status).toBe(401);
  expect(reply.body).toEqual({
    status: 'error',
    code: 'bad_authtoken',
    message:
      'There is no bearer token: this emulator takes "test-token", as apiToken or PREFACTOR_API_TOKEN',
  });
  expect(breaches).toEqual(['Request 1: No bearer token']);
});

test('a wrong token gets 401 too, but breaks no contract', async () => {
  const { reply, breaches } = await bulkWith({ ...HEADERS, authorization: 'Bearer other' });
  expect(reply.status).toBe(401);
  expect(at(reply.body, 'message')).toBe(
    'The token is not valid: this emulator takes "test-token", as apiToken or PREFACTOR_API_TOKEN',
  );
  expect(breaches).toEqual([]);
});

test('a function may say which tokens are good', async () => {
  const emulator = newEmulator({ token: (token) => token.startsWith('t-') });
  const headers = { ...HEADERS, authorization: 'Bearer t-2' };
  expect((await send(emulator, 'POST', 'bulk', BODY, headers)).status).toBe(200);
  const refused = await send(emulator, 'POST', 'bulk', BODY);
  expect(refused.status).toBe(401);
  expect(at(refused.body, 'message')).toBe(
    'The token is not valid: the function in this emulator\'s option "token" decides',
  );
});

test('another token of the options is the one that is wanted', async () => {
  const reply = await get(newEmulator({ token: 'my-t0ken' }), 'ping');
  expect(at(reply.body, 'message')).toContain('takes "my-t0ken"');
});

test.each(['text/plain', 'application/json; charset=latin1', 'application/jsonx'])(
  'the content type %s gets 415',
  async (type) => {
    const { reply, breaches } = await bulkWith({ ...HEADERS, 'content-type': type });
    expect(reply.status).toBe(415);
    expect(at(reply.body, 'code')).toBe('bad_request');
    expect(breaches).toEqual([`Request 1: The content type is ${type}, not application/json`]);
  },
);

test('a string sent without a content type is text, as with fetch', async () => {
  const { reply } = await bulkWith(without('content-type'));
  expect(reply.status).toBe(415);
});

test('a charset of utf-8 is fine', async () => {
  const type = 'application/json; charset=utf-8';
  const { reply } = await bulkWith({ ...HEADERS, 'content-type': type });
  expect(reply.status).toBe(200);
});

test('a compressed body gets 415', async () => {
  const { reply, breaches } = await bulkWith({ ...HEADERS, 'content-encoding': 'gzip' });
  expect(reply.status).toBe(415);
  expect(breaches).toEqual(['Request 1: The body is encoded (gzip)']);
});

test.each([
  [
    'an SDK header of another form',
    { ...HEADERS, 'x-prefactor-sdk': 'batcher' },
    'X-Prefactor-SDK is no list of <package>@<version>',
  ],
  [
    'an SDK header with twins',
    { ...HEADERS, 'x-prefactor-sdk': 'a@1 a@1' },
    'X-Prefactor-SDK names an entry twice',
  ],
  [
    'a key as a header',
    { ...HEADERS, 'idempotency-key': 'key-00001' },
    'Idempotency-Key header: the key belongs into the body',
  ],
])('%s is a breach, though the request is done', async (_name, headers, breach) => {
  const { reply, breaches } = await bulkWith(headers);
  expect(reply.status).toBe(200);
  expect(breaches).toEqual([`Request 1: ${breach}`]);
});

test('none is fine: released versions of the official SDK send no X-Prefactor-SDK', async () => {
  const { reply, breaches } = await bulkWith(without('x-prefactor-sdk'));
  expect(reply.status).toBe(200);
  expect(breaches).toEqual([]);
});

test('several SDK entries are fine', async () => {
  const sdk = 'adapter@2.0.0 our-batcher@0.1.0';
  const { breaches } = await bulkWith({ ...HEADERS, 'x-prefactor-sdk': sdk });
  expect(breaches).toEqual([]);
});

test('ping checks the token', async () => {
  const emulator = newEmulator();
  expect((await get(emulator, 'ping')).status).toBe(200);
  const headers = { ...HEADERS, authorization: 'Bearer other' };
  expect((await send(emulator, 'GET', 'ping', undefined, headers)).status).toBe(401);
});

test('an unknown path gets 404 and is a breach', async () => {
  const emulator = newEmulator();
  const reply = await get(emulator, 'agent_instances');
  expect(reply.status).toBe(404);
  expect(at(reply.body, 'code')).toBe('not_found');
  expect(emulator.report().breaches).toEqual([
    'Request 1: GET /api/v1/agent_instances is not part of the API, or not emulated',
  ]);
});

test('a path outside of /api/v1 gets 404', async () => {
  const emulator = newEmulator();
  const response = await emulator.fetch('https://emulator.test/bulk', { headers: HEADERS });
  expect(response.status).toBe(404);
});

test('another method gets 405 and is told the right one', async () => {
  const emulator = newEmulator();
  const reply = await get(emulator, 'bulk');
  expect(reply.status).toBe(405);
  expect(reply.headers.get('allow')).toBe('POST');
  expect(at(reply.body, 'code')).toBe('bad_request');
});
