// Check (j): our own requests neither pass the wrapper nor lose their fast way by it.
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { globalFetch, noteWrapped } from '../../src/lib/wrapped-fetch.ts';
import { Emulator } from '../../src/testing/index.ts';
import { UndiciSender } from '../../src/transport/undici-sender.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';

const { fetch: nodeFetch } = globalThis;

afterEach(() => {
  globalThis.fetch = nodeFetch;
});

async function listening() {
  const emulator = new Emulator({ strict: true });
  const server = await emulator.listen();
  const client = new AutobatchClient({ apiUrl: server.url, apiToken: 'test-token', logger: false });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  return { emulator, client };
}

test('they go to the dispatcher of Node at once, as without the wrapper', async () => {
  const { client, emulator } = await listening();
  const dispatched: unknown[] = [];
  const inner = globalDispatcher();
  setGlobalDispatcher({
    dispatch(options, handler) {
      dispatched.push(options['headers']);
      return inner.dispatch(options, handler);
    },
  });
  const wrapper = createBatchingFetch(client, { answer: 'on-accept' });
  globalThis.fetch = wrapper;
  await client.agentInstances.register({});
  expect(wrapper.stats()).toEqual({ batched: 0, early: 0, passed: {}, lateFailures: 0 });
  expect(emulator.report().requests.bulk).toBe(1);
  // fetch would make an object of its own of them.
  expect(dispatched).toEqual([expect.objectContaining({ authorization: 'Bearer test-token' })]);
});

test('past two wrappers of ours, the one beneath is found each time', () => {
  const sender = new UndiciSender();
  expect(sender.isUsual()).toBe(true);
  for (const _ of [1, 2]) {
    const wrapper = (): Promise<Response> => Promise.reject(new Error('not called'));
    noteWrapped(wrapper, globalThis.fetch);
    globalThis.fetch = wrapper;
    expect(globalFetch()).toBe(nodeFetch);
    expect(sender.isUsual()).toBe(true);
  }
  globalThis.fetch = () => Promise.reject(new Error('a mock'));
  expect(sender.isUsual()).toBe(false);
});

test('a mock beneath the wrapper still gets them', async () => {
  const { client } = await listening();
  const seen: string[] = [];
  globalThis.fetch = (input, init) => {
    seen.push(String(input));
    return nodeFetch(input, init);
  };
  const wrapper = createBatchingFetch(client);
  globalThis.fetch = wrapper;
  await client.agentInstances.register({});
  expect(seen).toEqual([expect.stringMatching(/\/api\/v1\/bulk$/)]);
  expect(wrapper.stats().passed).toEqual({});
});

test('instrumentation around the wrapper sees them, and they wait for nobody', async () => {
  const { client } = await listening();
  const wrapper = createBatchingFetch(client, { answer: 'on-accept' });
  globalThis.fetch = (...args) => wrapper(...args);
  await client.agentInstances.register({});
  expect(wrapper.stats().passed).toEqual({ own: 1 });
});
