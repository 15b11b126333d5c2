// Check (i): put in the place of the global fetch, and taken away again, in every order.
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { BatchingFetch } from '../../src/fetch/index.ts';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { publishedSdk } from '../../tools/official-sdk.ts';
import { singleRequest, spanOf } from '../helpers/fetch-harness.ts';

const { fetch: nodeFetch } = globalThis;

afterEach(() => {
  globalThis.fetch = nodeFetch;
});

async function listening() {
  const emulator = new Emulator();
  const server = await emulator.listen();
  const client = new AutobatchClient({ apiUrl: server.url, apiToken: 'test-token', logger: false });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  const register = (fetch: typeof globalThis.fetch): Promise<Response> =>
    fetch(`${server.url}/api/v1/agent_instance/register`, singleRequest({}));
  return { emulator, client, apiUrl: server.url, register };
}

function put(batchingFetch: BatchingFetch): BatchingFetch {
  globalThis.fetch = batchingFetch;
  return batchingFetch;
}

test('it takes the place of the global fetch until it is uninstalled', async () => {
  const { client, register } = await listening();
  const ours = put(createBatchingFetch(client));
  await register(globalThis.fetch);
  expect(ours.stats().batched).toBe(1);
  ours.uninstall();
  ours.uninstall();
  expect(globalThis.fetch).toBe(nodeFetch);
});

test('whoever has kept it has a plain fetch after that', async () => {
  const { client, emulator, register } = await listening();
  const ours = createBatchingFetch(client);
  ours.uninstall();
  expect(globalThis.fetch).toBe(nodeFetch);
  expect((await register(ours)).status).toBe(200);
  expect(ours.stats()).toMatchObject({ batched: 0, passed: { uninstalled: 1 } });
  expect(emulator.report().requests.bulk).toBe(0);
});

test('what was answered early before uninstall is sent, and ahead of what comes after it', async () => {
  const { client, emulator, register, apiUrl } = await listening();
  const ours = createBatchingFetch(client, { answer: 'on-accept' });
  const { details } = await (await register(ours)).json();
  for (let index = 0; index < 5; index++) {
    await ours(`${apiUrl}/api/v1/agent_spans`, singleRequest(spanOf(details.id)));
  }
  ours.uninstall();
  const url = `${apiUrl}/api/v1/agent_instance/${details.id}/finish`;
  const answer = await (await ours(url, singleRequest({}))).json();
  expect(answer.details).toMatchObject({ status: 'complete', span_counts: { total: 5 } });
  expect(emulator.report().requests.byPath).toMatchObject({
    'POST /api/v1/agent_instance/{id}/finish': 1,
  });
});

test('a wrapper that others have put around it stays, and works', async () => {
  const { client, register } = await listening();
  const ours = put(createBatchingFetch(client));
  let seen = 0;
  const foreign: typeof globalThis.fetch = (...args) => {
    seen++;
    return ours(...args);
  };
  globalThis.fetch = foreign;
  await register(globalThis.fetch);
  ours.uninstall();
  expect(globalThis.fetch).toBe(foreign);
  expect((await register(globalThis.fetch)).status).toBe(200);
  // Our own request among them: others' instrumentation may see it.
  expect(seen).toBe(3);
  expect(ours.stats()).toMatchObject({ batched: 1, passed: { own: 1, uninstalled: 1 } });
});

for (const order of ['first in, first out', 'last in, first out'] as const) {
  test(`two of them leave the real fetch behind, ${order}`, async () => {
    const { client, register } = await listening();
    const first = put(createBatchingFetch(client));
    const second = put(createBatchingFetch(client));
    await register(globalThis.fetch);
    // Only the outer one has seen it.
    expect([first.stats().batched, second.stats().batched]).toEqual([0, 1]);
    const outer = order === 'first in, first out' ? [first, second] : [second, first];
    for (const each of outer) each.uninstall();
    expect((await register(globalThis.fetch)).status).toBe(200);
    expect([first.stats().batched, second.stats().batched]).toEqual([0, 1]);
    if (order === 'last in, first out') expect(globalThis.fetch).toBe(nodeFetch);
    else expect(globalThis.fetch).toBe(first);
  });
}

test('an SDK made before it is not batched; one made after it is, until uninstall', async () => {
  const { client, apiUrl, emulator } = await listening();
  const before = publishedSdk({ fetch: globalThis.fetch, apiUrl });
  const ours = put(createBatchingFetch(client));
  const after = publishedSdk({ fetch: globalThis.fetch, apiUrl });
  for (const sdk of [before, after]) sdk.startRun();
  await new Promise((resolve) => setTimeout(resolve));
  await before.shutdown();
  expect(ours.stats().batched).toBeLessThanOrEqual(2);
  await after.shutdown();
  expect(ours.stats().batched).toBe(2);
  expect(emulator.report().requests.byPath).toMatchObject({
    'POST /api/v1/agent_instance/register': 1,
    'POST /api/v1/bulk': 2,
  });
});

test('a client that is closed is not kept for the end of the process, nor one whose fetch is uninstalled', async () => {
  const before = process.listenerCount('exit');
  const options = {
    apiUrl: 'https://nowhere.test',
    apiToken: 'test-token',
    logger: false,
  } as const;
  const closed = new AutobatchClient(options);
  createBatchingFetch(closed);
  const uninstalled = createBatchingFetch(new AutobatchClient(options));
  expect(process.listenerCount('exit')).toBe(before + 1);
  await closed.close();
  await new Promise(setImmediate);
  expect(process.listenerCount('exit')).toBe(before + 1);
  uninstalled.uninstall();
  await new Promise(setImmediate);
  expect(process.listenerCount('exit')).toBe(before);
  const alsoClosed = new AutobatchClient(options);
  createBatchingFetch(alsoClosed);
  expect(process.listenerCount('exit')).toBe(before + 1);
  await alsoClosed.close();
  await new Promise(setImmediate);
  expect(process.listenerCount('exit')).toBe(before);
});

test('wrong arguments are refused, each with what to do', () => {
  const client = new AutobatchClient({ apiToken: () => 'test-token', logger: false });
  const refused = (...args: readonly unknown[]): string => {
    try {
      Reflect.apply(createBatchingFetch, undefined, args);
    } catch (error) {
      return `${Object(error).code}: ${Object(error).message}`;
    }
    return 'taken';
  };
  const call = 'INVALID_ARGUMENT: Invalid call of createBatchingFetch: ';
  expect(refused({})).toBe(
    `${call}client must be an AutobatchClient of this version of the package, but it is an object.`,
  );
  expect(refused(client)).toBe(
    `${call}options.apiToken is needed, since that of the client is a function.`,
  );
  expect(refused(client, { answer: 'never', drainonexit: true, apiUrl: 'ftp://x' })).toBe(
    `${call}options.drainonexit is not known here; the nearest is drainOnExit; options.apiUrl must be an absolute URL that begins with https://, but it is "ftp://x"; options.answer must be 'on-result' or 'on-accept', but it is "never".`,
  );
  expect(
    refused(client, { apiToken: 'some-token', apiUrl: 'https://proxy.test/prefactor/api/v1/' }),
  ).toBe('taken');
});

test('a client that is disabled answers by itself, and nothing is sent', async () => {
  const client = new AutobatchClient({ disabled: true, apiUrl: 'https://nowhere.test' });
  const ours = createBatchingFetch(client, { answer: 'on-accept' });
  const url = 'https://nowhere.test/api/v1/agent_instance/register';
  const answer = await ours(url, singleRequest({ purpose: 'eval' }));
  expect(await answer.json()).toMatchObject({ status: 'success', details: { purpose: 'eval' } });
});
