// Check (a): what a caller sees is the same with and without us, and so is the state of the server.
import { expect, onTestFinished, test } from 'vitest';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import type { AutobatchOptions } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { LaterSdk, publishedSdk } from '../../tools/official-sdk.ts';
import type { FetchHarness } from '../helpers/fetch-harness.ts';
import { fetchHarness, normalised, singleRequest, stateOf } from '../helpers/fetch-harness.ts';

const RUN = '01k3zxw0000000a1b2c3000000000001';
const ROOT = '01k3zxw0000000a1b2c3000000000002';
const CHILD = '01k3zxw0000000a1b2c3000000000003';
const NOBODY = '01k3zxw0000000a1b2c300000000000z';
const at = '2026-09-01T08:00:00.000Z';
const span = (fields: object) => ({
  agent_instance_id: RUN,
  schema_name: 'llm',
  status: 'active',
  payload: { 'a "quoted" key': ['é', 1.5, null] },
  started_at: at,
  ...fields,
});
const environment = {
  agent_sdk: ['ai@7'],
  os: 'linux',
  prefactor_sdk: ['@prefactor/core@1.1.0'],
  runtime: 'node@24',
};

/** What each request asks for: where, the body, and what else its `init` has. */
const requests: readonly [name: string, path: string, body: unknown, init?: RequestInit][] = [
  ['a register', 'agent_instance/register', { id: RUN, idempotency_key: 'register-0001' }],
  [
    'a register with all that newer SDKs send',
    'agent_instance/register',
    {
      external_identifier: 'job-1',
      agent_version: { external_identifier: 'v2', runtime_environment: environment },
      purpose: 'eval',
    },
  ],
  ['a taken id', 'agent_instance/register', { id: RUN }],
  ['an unknown purpose', 'agent_instance/register', { purpose: 'fun' }],
  ['a start', `agent_instance/${RUN}/start`, { timestamp: at }],
  ['a second start', `agent_instance/${RUN}/start`, { timestamp: at }],
  ['a start of nothing', `agent_instance/${NOBODY}/start`, {}],
  ['a span', 'agent_spans', { details: span({ id: ROOT }), idempotency_key: 'span-key-0001' }],
  [
    'the same again',
    'agent_spans',
    { details: span({ id: ROOT }), idempotency_key: 'span-key-0001' },
  ],
  [
    'a child',
    'agent_spans',
    { details: span({ id: CHILD, parent_span_id: ROOT, status: 'complete', finished_at: at }) },
  ],
  ['a span of no id', 'agent_spans', { details: span({}) }],
  ['an unknown parent', 'agent_spans', { details: span({ parent_span_id: NOBODY }) }],
  ['an unknown run', 'agent_spans', { details: span({ agent_instance_id: NOBODY }) }],
  ['a span without its schema', 'agent_spans', { details: span({ schema_name: undefined }) }],
  ['a span without details', 'agent_spans', {}],
  ['an unknown status', 'agent_spans', { details: span({ status: 'odd' }) }],
  ['a taken id of a span', 'agent_spans', { details: span({ id: ROOT }) }],
  [
    'a finish',
    `agent_spans/${ROOT}/finish`,
    { timestamp: at, status: 'complete', result_payload: { said: 'yes' } },
  ],
  ['a second finish', `agent_spans/${ROOT}/finish`, { timestamp: at }],
  ['a finish of nothing', `agent_spans/${NOBODY}/finish`, { timestamp: at }],
  ['a finish with a status that is none', `agent_spans/${CHILD}/finish`, { status: 7 }],
  ['quality', `agent_instance/${RUN}/record_quality`, { name: 'helpful', payload: { score: 4 } }],
  ['quality without a name', `agent_instance/${RUN}/record_quality`, { payload: {} }],
  [
    'a key of three characters',
    `agent_instance/${RUN}/record_quality`,
    { name: 'short', payload: {}, idempotency_key: 'abc' },
  ],
  [
    'a key of a hundred characters',
    `agent_instance/${RUN}/start`,
    { idempotency_key: 'k'.repeat(100) },
  ],
  ['a key that is null', `agent_instance/${RUN}/start`, { idempotency_key: null }],
  ['no JSON', `agent_instance/${RUN}/start`, '{"timestamp":'],
  ['a list', `agent_instance/${RUN}/start`, []],
  [
    'another token',
    `agent_instance/${RUN}/start`,
    {},
    {
      headers: {
        authorization: 'Bearer nobody',
        'content-type': 'application/json',
        'x-prefactor-sdk': 'test@1.0.0',
      },
    },
  ],
  [
    'no content type',
    `agent_instance/${RUN}/start`,
    {},
    { headers: { authorization: 'Bearer test-token', 'x-prefactor-sdk': 'test@1.0.0' } },
  ],
  [
    'a signal that has fired',
    `agent_instance/${RUN}/start`,
    {},
    { signal: AbortSignal.abort(new DOMException('Enough', 'AbortError')) },
  ],
  ['a run as it is', `agent_instance/${RUN}`, undefined, { method: 'GET' }],
  ['a ping', 'ping', undefined, { method: 'GET' }],
  ['an endpoint that is none', 'nothing', {}],
  ['the end of the run', `agent_instance/${RUN}/finish`, { status: 'complete', timestamp: at }],
  ['the end once more', `agent_instance/${RUN}/finish`, { timestamp: at }],
  ['a span after the end', 'agent_spans', { details: span({}) }],
];

async function listening() {
  const emulator = new Emulator({ now: () => Date.parse(at) });
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return { emulator, apiUrl: server.url };
}

/** A server, and a fetch for it that batches. */
async function batched() {
  const { emulator, apiUrl } = await listening();
  const client = new AutobatchClient({ apiUrl, apiToken: 'test-token', logger: false });
  const fetch = createBatchingFetch(client);
  onTestFinished(async () => {
    fetch.uninstall();
    await client.close();
  });
  return { emulator, apiUrl, client, fetch };
}

/** What a caller sees of an answer. */
async function seen(
  fetch: typeof globalThis.fetch,
  apiUrl: string,
  [, path, body, init]: (typeof requests)[number],
) {
  const all = singleRequest(body, init);
  const { body: _, ...bodyless } = all;
  try {
    const response = await fetch(`${apiUrl}/api/v1/${path}`, body === undefined ? bodyless : all);
    const { ok, status, statusText, url } = response;
    const contentType = response.headers.get('content-type');
    return {
      ok,
      status,
      statusText,
      url: url.replace(apiUrl, ''),
      contentType,
      body: await response.text(),
    };
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
}

test('each of many requests, good and bad, is answered as without us', async () => {
  const plain = await listening();
  const ours = await batched();
  for (const request of requests) {
    const expected = await seen(globalThis.fetch, plain.apiUrl, request);
    const found = await seen(ours.fetch, ours.apiUrl, request);
    expect(normalised(found), request[0]).toEqual(normalised(expected));
  }
  expect(normalised(ours.emulator.snapshot())).toEqual(normalised(plain.emulator.snapshot()));
  expect(ours.fetch.stats().batched).toBeGreaterThan(20);
});

for (const [name, makeSdk] of [
  ['the published SDK', publishedSdk],
  ['a later SDK', (options: ConstructorParameters<typeof LaterSdk>[0]) => new LaterSdk(options)],
] as const) {
  for (const answer of ['on-result', 'on-accept'] as const) {
    test(`${name} leaves the same state, answered ${answer}`, async () => {
      const states = [];
      for (const isPlain of [true, false]) {
        const { emulator, apiUrl } = await listening();
        const client = new AutobatchClient({ apiUrl, apiToken: 'test-token', logger: false });
        const fetch = createBatchingFetch(client, { answer });
        const sdk = makeSdk({ fetch: isPlain ? globalThis.fetch : fetch, apiUrl });
        sdk.startRun();
        const finish = sdk.openSpan('root');
        for (let index = 0; index < 20; index++) sdk.span(`span ${index}`);
        await new Promise(setImmediate);
        finish();
        sdk.finishRun();
        await sdk.shutdown();
        fetch.uninstall();
        await client.close();
        states.push(stateOf(emulator.snapshot()));
        expect(fetch.stats().batched > 0).toBe(!isPlain);
        expect(fetch.stats().lateFailures).toBe(0);
      }
      expect(states[1]).toEqual(states[0]);
    });
  }
}

/** What the caller of a second start sees that is aborted at some moment, and what is left at the server. */
async function seenOfAbort(
  t: FetchHarness,
  reason: unknown,
  moment: (t: FetchHarness, run: string) => unknown,
) {
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'delay', delayMs: 200 }, { on: 'any' });
  const given = new AbortController();
  const { signal } = given;
  await moment(t, run);
  const call = t.post(`agent_instance/${run}/start`, {}, { signal });
  const outcome = call.then(
    ({ status }) => status,
    (error) => error,
  );
  await t.time.pass(5);
  given.abort(reason);
  const seen = await t.time.until(outcome);
  await t.time.pass(1_000);
  // And the next one is answered as ever.
  const next = await t.time.until(t.post(`agent_instance/${run}/start`, {}));
  const state = stateOf(t.emulator.snapshot());
  t.time.end();
  return { seen, next: next.status, state };
}

const moments: readonly [string, AutobatchOptions, (t: FetchHarness, run: string) => unknown][] = [
  ['in flight', {}, () => {}],
  ['waits for its window', { batch: { window: 50 } }, () => {}],
  [
    'is queued behind another',
    { batch: { concurrency: 1 } },
    (t, run) => {
      void t.post(`agent_instance/${run}/record_quality`, { name: 'good', payload: {} });
      return t.time.settle();
    },
  ],
  [
    'waits for room in the queue',
    { queue: { maxItems: 1 } },
    (t, run) => {
      void t.post(`agent_instance/${run}/record_quality`, { name: 'good', payload: {} });
    },
  ],
];

for (const [moment, client, before] of moments) {
  test(`an abort while a call ${moment} is seen as without us`, async () => {
    for (const reason of [new Error('mine'), new DOMException('Late', 'TimeoutError'), 'a text']) {
      const expected = await seenOfAbort(fetchHarness('plain'), reason, before);
      expect(expected).toMatchObject({ next: 409 });
      expect(expected.seen).toBe(reason);
      const found = await seenOfAbort(fetchHarness('on-result', { client }), reason, before);
      expect(found).toEqual(expected);
    }
  });
}

test('an abort after the answer changes nothing: its body is there', async () => {
  const t = fetchHarness('on-result');
  const given = new AbortController();
  const { signal } = given;
  const answer = await t.time.until(t.post('agent_instance/register', {}, { signal }));
  given.abort();
  expect(await answer.json()).toMatchObject({ status: 'success' });
});
