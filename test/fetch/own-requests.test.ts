// Check (j): our own requests neither pass the wrapper nor lose their fast way by it.
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { globalFetch, noteWrapped } from '../../src/lib/wrapped-fetch.ts';
import { Emulator } from '../../src/testing/index.ts';
import { UndiciSender } from '../../src/transport/undici-sender.ts';
import { fakeTime } from '../helpers/fake-time.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { countSteps } from '../helpers/steps.ts';

const { fetch: nodeFetch } = globalThis;

interface Dispatched {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: BodyInit | null;
}

interface DispatchHandler {
  onRequestStart(controller: object, context: object): void;
  onResponseStart(controller: object, status: number, headers: object, text: string): void;
  onResponseData(controller: object, chunk: Uint8Array): void;
  onResponseEnd(controller: object, trailers: object): void;
}

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

const folders = 'client coalescer errors fetch ids lib pipeline resources schemas transport'.split(
  ' ',
);

/** A dispatcher of which the emulator makes the answers, each in one piece. */
function dispatchTo(emulator: Emulator): void {
  setGlobalDispatcher({
    dispatch(options, handler) {
      const { origin, path, method, headers, body } = options as unknown as Dispatched;
      const to = handler as DispatchHandler;
      const controller = { abort() {}, pause() {}, resume() {} };
      to.onRequestStart(controller, {});
      void emulator.fetch(origin + path, { method, headers, body }).then(async (answer) => {
        const type = { 'content-type': 'application/json' };
        to.onResponseStart(controller, answer.status, type, answer.statusText);
        to.onResponseData(controller, Buffer.from(await answer.arrayBuffer()));
        to.onResponseEnd(controller, {});
      });
      return true;
    },
  });
}

/** The steps of some calls one after the other, and of some in one batch. */
async function stepsOfCalls(wrap: (client: AutobatchClient) => unknown): Promise<number> {
  const time = fakeTime();
  const emulator = new Emulator();
  dispatchTo(emulator);
  const options = { apiUrl: 'https://emulator.test', apiToken: 'test-token', logger: false };
  const client = new AutobatchClient({ ...options, logger: false });
  wrap(client);
  const steps = countSteps(folders);
  const register = () => client.agentInstances.register({});
  for (let call = 0; call < 3; call++) await time.until(register());
  await time.until(Promise.all(Array.from({ length: 5 }, register)));
  const spent = steps();
  expect(emulator.report().requests.bulk).toBe(4);
  globalThis.fetch = nodeFetch;
  await client.close();
  time.end();
  return spent;
}

test('they take as many steps as without the wrapper, but for the look through it', async () => {
  const plain = () => stepsOfCalls(() => {});
  await plain();
  const without = await plain();
  expect(await plain()).toBe(without);
  const wrapped = await stepsOfCalls((client) => {
    globalThis.fetch = createBatchingFetch(client, { answer: 'on-accept' });
  });
  // One for each request: a turn of the loop, which V8 counts twice.
  expect(wrapped).toBe(without + 2 * 4);
});
