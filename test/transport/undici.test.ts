// The package undici as people use it beside Node's own fetch: what is set with it holds for this client.
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Dispatcher } from 'undici';
import { Agent, getGlobalDispatcher, MockAgent, RetryAgent, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { identity } from '../helpers/tls/tls.ts';
import { serveWhole } from './servers.ts';
import { batchOf, patient, transportOf } from './transport.ts';

const outputs = { 'order-span-00': { status: 'success', details: { id: 'span-1' } } };
const answered = {
  kind: 'answered',
  status: 200,
  outputs,
  requestId: expect.any(Function),
};
const json = JSON.stringify({ outputs });

/** Until the end of the test. */
function setGlobally<T extends Dispatcher>(dispatcher: T): T {
  const before = getGlobalDispatcher();
  setGlobalDispatcher(dispatcher);
  onTestFinished(async () => {
    setGlobalDispatcher(before);
    await dispatcher.close();
  });
  return dispatcher;
}

const bulk = { path: '/base/api/v1/bulk', method: 'POST' };

test('a MockAgent answers, and sees bodies as texts', async () => {
  const agent = setGlobally(new MockAgent());
  agent.disableNetConnect();
  const bodies: { readonly items: readonly { readonly idempotency_key: string }[] }[] = [];
  agent
    .get('https://api.example')
    .intercept({
      path: '/api/v1/bulk',
      method: 'POST',
      body: (body) => body.startsWith('{"items"'),
    })
    .reply(200, ({ body }) => {
      const { items } = JSON.parse(String(body));
      bodies.push({ items });
      const output = { status: 'success', details: { id: 'run-1' } };
      return {
        outputs: Object.fromEntries(
          items.map((item: { idempotency_key: string }) => [item.idempotency_key, output]),
        ),
      };
    });
  const client = new AutobatchClient({ apiUrl: 'https://api.example', apiToken: 'test-token' });
  const purpose = 'a lot of it: é '.repeat(50);
  const runs = [{ purpose }, { purpose }].map((params) => client.agentInstances.register(params));
  await Promise.all(runs);
  expect(bodies).toHaveLength(1);
  expect(bodies[0]?.items).toMatchObject(
    runs.map((run) => ({ idempotency_key: run.idempotencyKey })),
  );
  await client.close();
});

test('a MockAgent that has no such mock lets nothing be sent, and says so', async () => {
  const agent = setGlobally(new MockAgent());
  agent.disableNetConnect();
  agent
    .get('https://api.example')
    .intercept({ ...bulk, path: '/elsewhere' })
    .reply(200, {});
  const reply = await transportOf({}).send(batchOf('{}'), patient());
  const cause = expect.objectContaining({ code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' });
  expect(reply).toMatchObject({ kind: 'unsent', failure: { kind: 'connection', cause } });
});

test('a RetryAgent repeats what it is told to, and one answer comes of it', async () => {
  setGlobally(
    new RetryAgent(new Agent(), { methods: ['POST'], statusCodes: [503], minTimeout: 0 }),
  );
  const bodies: string[] = [];
  const { apiUrl } = await serveWhole((body, _, response) => {
    bodies.push(body);
    response.writeHead(bodies.length < 3 ? 503 : 200).end(bodies.length < 3 ? 'no' : json);
  });
  expect(await transportOf({ apiUrl }).send(batchOf('{}'), patient())).toEqual(answered);
  expect(bodies).toEqual(Array(3).fill('{"items":[{}]}'));
});

test('an Agent may speak HTTP/2', async () => {
  setGlobally(new Agent({ connect: { rejectUnauthorized: false }, allowH2: true }));
  const seen: unknown[] = [];
  const server = createSecureServer(identity, (request, response) => {
    void text(request).then((body) => {
      seen.push(request.httpVersion, request.method, request.url, body);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(json);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const apiUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await transportOf({ apiUrl }).send(batchOf('{"é":1}'), patient())).toEqual(answered);
  expect(seen).toEqual(['2.0', 'POST', '/api/v1/bulk', '{"items":[{"é":1}]}']);
});
