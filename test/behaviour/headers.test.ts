// What each request carries (docs/internals/api.md, "Connection"), and how instrumentation knows our requests.
import { expect, test, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import type { HeaderFields } from '../../src/index.ts';
import { isAutobatchRequest } from '../../src/index.ts';
import { harness, TOKEN } from '../helpers/harness.ts';

const sdk = `prefactor-autobatch@${packageJson.version}`;

test('a bulk request is a POST of JSON with the token', async () => {
  const t = await harness();
  void t.span('a');
  await t.settled();
  const request = t.sent[0]?.request;
  expect(request?.method).toBe('POST');
  expect(request?.url).toBe('https://emulator.test/api/v1/bulk');
  expect(request?.redirect).toBe('manual');
  expect(Object.fromEntries(request?.headers ?? [])).toEqual({
    accept: 'application/json',
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    'x-prefactor-sdk': sdk,
  });
});

test("headers are added, adapters' entries come first, and no entry comes twice", async () => {
  const t = await harness({
    headers: { 'x-team': 'shop' },
    sdk: ['@prefactor/langchain@1.2.3', 'my-agent@0.1.0', 'my-agent@0.1.0'],
  });
  void t.span('a');
  await t.settled();
  const headers = t.sent[0]?.request.headers;
  expect(headers?.get('x-team')).toBe('shop');
  expect(headers?.get('x-prefactor-sdk')).toBe(`@prefactor/langchain@1.2.3 my-agent@0.1.0 ${sdk}`);
});

test.each<[string, HeaderFields]>([
  ['a Headers', new Headers({ 'X-Team': 'shop' })],
  ['a Map', new Map([['X-Team', 'shop']])],
  ['pairs', [['X-Team', 'shop']]],
])('headers may be given as %s', async (_, headers) => {
  const t = await harness({ headers });
  void t.span('a');
  await t.settled();
  expect(t.sent[0]?.request.headers.get('x-team')).toBe('shop');
});

test.each(['https://emulator.test', 'https://emulator.test/', 'https://emulator.test/api/v1/'])(
  'the base URL may be %s',
  async (apiUrl) => {
    const t = await harness({ apiUrl });
    void t.span('a');
    await t.settled();
    expect(t.sent[0]?.request.url).toBe('https://emulator.test/api/v1/bulk');
  },
);

test('the base URL and the token may come from the environment', async () => {
  vi.stubEnv('PREFACTOR_API_URL', 'https://environment.test/api/v1');
  vi.stubEnv('PREFACTOR_API_TOKEN', TOKEN);
  const t = await harness({ apiUrl: undefined, apiToken: undefined });
  vi.unstubAllEnvs();
  const a = t.span('a');
  await t.settled();
  await a;
  expect(t.sent[0]?.request.url).toBe('https://environment.test/api/v1/bulk');
});

test('what fetch is given can be told from other requests', async () => {
  const seen: unknown[] = [];
  const t = await harness();
  const client = t.newClient({
    fetch: (request, init) => {
      seen.push(isAutobatchRequest(request), isAutobatchRequest({ headers: [...request.headers] }));
      return t.emulator.fetch(request, init);
    },
  });
  void client.agentSpans.finish('01k3zxw0000000a1b2c300000000000z');
  await t.settled();
  expect(seen).toEqual([true, true]);
  expect(isAutobatchRequest(new Request('https://emulator.test'))).toBe(false);
  expect(isAutobatchRequest({})).toBe(false);
});

test('the ping is one of ours as well', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 500 }, { times: 4 });
  void t.span('a');
  await t.settled();
  const ping = t.sent.find(({ path }) => path === '/api/v1/ping')?.request;
  expect(ping?.method).toBe('GET');
  expect(ping && isAutobatchRequest(ping)).toBe(true);
  expect(ping?.headers.get('authorization')).toBe(`Bearer ${TOKEN}`);
});
