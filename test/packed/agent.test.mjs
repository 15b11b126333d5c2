// How an agent is tested in Jest, which runs each file in a realm of its own, with a `process` and timers that
// are not Node's. Run by `npm run packed`, where the package and Jest are installed.
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  AutobatchClient,
  isPrefactorError,
  PrefactorInvalidArgumentError,
  PrefactorNotFoundError,
} from 'prefactor-autobatch';
import { Emulator } from 'prefactor-autobatch/testing';

const { jest } = import.meta;
const apiToken = 'test-token';
const { fetch } = globalThis;

afterEach(() => {
  jest.useRealTimers();
  globalThis.fetch = fetch;
});

/** What the API answers when all goes well. */
function successOf(body) {
  const { items } = JSON.parse(body);
  const output = { status: 'success', details: { id: 'run-1' } };
  return { outputs: Object.fromEntries(items.map((item) => [item.idempotency_key, output])) };
}

/** A whole run: its calls, none of which is awaited. */
function runOf({ agentInstances, agentSpans }) {
  const run = agentInstances.register({});
  const span = { agentInstanceId: run, schemaName: 'agent:llm' };
  const root = agentSpans.create({ ...span, status: 'active', payload: { at: new Date(0) } });
  const leaf = agentSpans.create({ ...span, parentSpanId: root, status: 'complete' });
  return [run, agentInstances.start(run), root, leaf, agentSpans.finish(root)];
}

test('against the emulator', async () => {
  const emulator = new Emulator();
  const client = new AutobatchClient({ apiToken, fetch: emulator.fetch });
  await Promise.all(runOf(client));
  const { pending, succeeded } = await client.close();
  expect([pending, succeeded]).toEqual([0, 5]);
  expect(emulator.report().breaches).toEqual([]);
});

test('against a server, with answers in gzip', async () => {
  const headers = [];
  const server = createServer(async (request, response) => {
    headers.push(request.headers['x-tenant']);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(JSON.stringify(successOf(body))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new AutobatchClient({
    apiToken,
    apiUrl: `http://127.0.0.1:${server.address().port}`,
    headers: new Headers({ 'x-tenant': 'tea' }),
  });
  const calls = Array.from({ length: 250 }, (_, index) =>
    client.agentInstances.register({ externalIdentifier: `é ${index}` }),
  );
  const ids = (await Promise.all(calls)).map(({ id }) => id);
  expect(ids).toEqual(Array(250).fill('run-1'));
  expect(headers).toEqual(Array(3).fill('tea'));
  await client.close();
  server.closeAllConnections();
  server.close();
});

test('with fake timers', async () => {
  jest.useFakeTimers();
  const client = new AutobatchClient({ apiToken, fetch: new Emulator({ latencyMs: 0 }).fetch });
  await Promise.all(runOf(client));
  expect(await client.close()).toMatchObject({ pending: 0, succeeded: 5 });
});

test('with a mock in the place of the global fetch, which has json() alone', async () => {
  globalThis.fetch = jest.fn(async (_url, { body }) => {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    return { ok: true, status: 200, json: async () => successOf(text) };
  });
  const client = new AutobatchClient({ apiToken, apiUrl: 'https://api.example' });
  const runs = [client.agentInstances.register({}), client.agentInstances.register({})];
  expect((await Promise.all(runs)).map(({ id }) => id)).toEqual(['run-1', 'run-1']);
  expect(globalThis.fetch).toHaveBeenCalledTimes(1);
  await client.close();
});

test('with a mock as the option, which has an empty text() beside its json()', async () => {
  const mock = jest.fn(async (request) => {
    const body = await request.text();
    return { status: 200, text: async () => '', json: async () => successOf(body) };
  });
  const client = new AutobatchClient({ apiToken, apiUrl: 'https://api.example', fetch: mock });
  expect((await client.agentInstances.register({})).id).toBe('run-1');
  expect(mock.mock.calls.map(([{ url, method }]) => [method, url])).toEqual([
    ['POST', 'https://api.example/api/v1/bulk'],
  ]);
  await client.close();
});

test('errors are of this realm, and of their classes', async () => {
  const emulator = new Emulator();
  emulator.faults.next({ kind: 'status', status: 404 });
  const client = new AutobatchClient({ apiToken, fetch: emulator.fetch, logger: false });
  const error = await client.agentInstances.register({}).catch((caught) => caught);
  expect(error).toBeInstanceOf(PrefactorNotFoundError);
  expect(error).toBeInstanceOf(Error);
  expect(isPrefactorError(error)).toBe(true);
  const invalid = client.agentSpans.create({ agentInstanceId: 'run-1' });
  await expect(invalid).rejects.toBeInstanceOf(PrefactorInvalidArgumentError);
  await client.close();
});
