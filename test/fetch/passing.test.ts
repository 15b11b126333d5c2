// What passes through untouched, and what waits for the calls before it.
import { expect, test } from 'vitest';
import type { BatchingFetchStats } from '../../src/fetch/index.ts';
import { SDK_URL } from '../../tools/official-sdk.ts';
import type { FetchHarness } from '../helpers/fetch-harness.ts';
import { fetchHarness, singleRequest, spanNames, spanOf } from '../helpers/fetch-harness.ts';

const RUN = '01k3zxw0000000a1b2c3000000000001';
const register = `${SDK_URL}/api/v1/agent_instance/register`;
const start = `${SDK_URL}/api/v1/agent_instance/${RUN}/start`;
const headers = singleRequest({}).headers as Record<string, string>;

function streamOf(text: string): ReadableStream {
  return new Response(text).body as ReadableStream;
}

async function readRequest(): Promise<Request> {
  const request = new Request(start, singleRequest({}));
  await request.text();
  return request;
}

const passed: readonly [
  why: keyof BatchingFetchStats['passed'],
  what: string,
  args: () => [string | URL | Request, RequestInit?],
][] = [
  [
    'other origin',
    'another origin',
    () => ['https://elsewhere.test/v1/agent_spans', singleRequest({})],
  ],
  [
    'other API',
    'a call with the token to another API',
    () => ['https://elsewhere.test/base/api/v1/agent_spans', singleRequest({})],
  ],
  [
    'other origin',
    'a call with another token to another API',
    () => [
      'https://elsewhere.test/api/v1/agent_spans',
      singleRequest({}, { headers: { ...headers, authorization: 'Bearer other-token' } }),
    ],
  ],
  ['other origin', 'another path', () => [`${SDK_URL}/v2/agent_spans`, singleRequest({})]],
  ['other origin', 'what is no address', () => ['agent_spans', singleRequest({})]],
  [
    'other endpoint',
    'an endpoint that has no action',
    () => [`${SDK_URL}/api/v1/pfid/generate`, singleRequest({ count: 1 })],
  ],
  ['other endpoint', 'a read', () => [`${SDK_URL}/api/v1/agent_instance/${RUN}`, { headers }]],
  ['other endpoint', 'a PUT', () => [start, singleRequest({}, { method: 'PUT' })]],
  [
    'other endpoint',
    'a path with an escape',
    () => [`${SDK_URL}/api/v1/agent_instance/%41/start`, singleRequest({})],
  ],
  ['query', 'a query', () => [`${start}?redacted=true`, singleRequest({})]],
  [
    'token',
    'another token',
    () => [
      start,
      singleRequest({}, { headers: { ...headers, authorization: 'Bearer other-token' } }),
    ],
  ],
  [
    'token',
    'no token',
    () => [start, singleRequest({}, { headers: { 'content-type': 'application/json' } })],
  ],
  [
    'headers',
    'a key in the headers',
    () => [
      start,
      singleRequest({}, { headers: { ...headers, 'idempotency-key': 'key-in-header' } }),
    ],
  ],
  [
    'headers',
    'an encoded body',
    () => [start, singleRequest({}, { headers: { ...headers, 'content-encoding': 'gzip' } })],
  ],
  [
    'headers',
    'a body that is no JSON by its type',
    () => [start, singleRequest({}, { headers: { ...headers, 'content-type': 'text/plain' } })],
  ],
  ['body', 'no body', () => [start, singleRequest({}, { body: null })]],
  [
    'body',
    'a stream',
    () => [start, singleRequest({}, { body: streamOf('{}'), duplex: 'half' } as RequestInit)],
  ],
  ['body', 'a Blob', () => [start, singleRequest({}, { body: new Blob(['{}']) })]],
  [
    'body',
    'bytes that are no text',
    () => [start, singleRequest({}, { body: new Uint8Array([0xff]) })],
  ],
  ['body', 'text that is no JSON', () => [start, singleRequest('{"timestamp":')]],
  ['body', 'a list', () => [start, singleRequest('[]')]],
  [
    'body',
    'a number that would be rounded',
    () => [register, singleRequest('{"agent_version":{"name":12345678901234567890}}')],
  ],
  [
    'body',
    'an id beside that of the path',
    () => [start, singleRequest({ agent_instance_id: RUN })],
  ],
  [
    'body',
    'a key within the details',
    () => [
      `${SDK_URL}/api/v1/agent_spans`,
      singleRequest(spanOf(RUN, { idempotency_key: 'key-of-python' })),
    ],
  ],
  ['checks', 'a key that is too short', () => [start, singleRequest({ idempotency_key: 'short' })]],
  [
    'checks',
    'a span without a schema',
    () => [`${SDK_URL}/api/v1/agent_spans`, singleRequest(spanOf(RUN, { schema_name: null }))],
  ],
];

for (const [why, what, args] of passed) {
  test(`${what} passes through as it is, and counts as "${why}"`, async () => {
    const seen: unknown[][] = [];
    const answer = new Response('mine');
    const t = fetchHarness('on-result', {
      fetch: {
        fetch: (...given) => {
          seen.push(given);
          return Promise.resolve(answer);
        },
      },
    });
    const given = args();
    expect(await t.time.until(t.batching(...given))).toBe(answer);
    expect(seen).toEqual([given]);
    expect(t.batching.stats()).toMatchObject({ batched: 0, passed: { [why]: 1 } });
    expect(t.failures).toEqual([]);
  });
}

const mistaken: readonly [why: string, says: string, args: () => [string, RequestInit]][] = [
  [
    'token',
    '0 calls batched so far: this one has another token than the client. Give both the same, by PREFACTOR_API_TOKEN or the option apiToken. (Said once; stats().passed counts such calls.)',
    () => [
      start,
      singleRequest({}, { headers: { ...headers, authorization: 'Bearer other-token' } }),
    ],
  ],
  [
    'other API',
    '0 calls batched so far: this one goes to https://elsewhere.test, and the API of the client is https://emulator.test. Give both the same, by PREFACTOR_API_URL or the option apiUrl. (Said once; stats().passed counts such calls.)',
    () => ['https://elsewhere.test/api/v1/agent_spans', singleRequest({})],
  ],
];

for (const [why, says, args] of mistaken) {
  test(`where nothing is batched because of the reason '${why}', one warning says so`, async () => {
    const fetch = async (): Promise<Response> => new Response('{}');
    const t = fetchHarness('on-result', { fetch: { fetch } });
    for (let call = 0; call < 3; call++) await t.time.until(t.fetch(...args()));
    expect(t.log.entries).toEqual([['warn', says]]);
    expect(t.batching.stats().passed).toEqual({ [why]: 3 });
    t.time.end();
    // A program may well have two tokens, or two APIs.
    const both = fetchHarness('on-result', { fetch: { fetch } });
    await both.startedRun();
    await both.time.until(both.fetch(...args()));
    expect(both.log.entries.filter(([level]) => level !== 'debug')).toEqual([]);
  });
}

test('a Request that was read fails as it does without us', async () => {
  const t = fetchHarness('on-result', { fetch: { fetch: globalThis.fetch } });
  await expect(t.batching(await readRequest())).rejects.toThrow(TypeError);
  expect(t.batching.stats().passed).toEqual({ body: 1 });
});

test('a Request, a URL and bytes are batched like a string', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const url = `${SDK_URL}/api/v1/agent_spans`;
  const body = spanOf(run);
  const text = JSON.stringify(body);
  const request = new Request(url, singleRequest(body));
  const answers = await t.time.until(
    Promise.all([
      t.batching(request),
      t.batching(new URL(url), singleRequest(body)),
      t.batching(url, singleRequest(body, { body: new TextEncoder().encode(text) })),
      t.batching(new Request(url, singleRequest({})), { body: text }),
    ]),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(t.batching.stats()).toMatchObject({ batched: 6, passed: {} });
  // Only a copy was read.
  expect(await request.text()).toBe(text);
});

test('what this function cannot read is for the real one to refuse', async () => {
  const t = fetchHarness('on-result', { fetch: { fetch: globalThis.fetch } });
  const hostile = {
    get headers() {
      throw new Error('mine');
    },
  };
  await expect(t.batching(hostile as unknown as Request)).rejects.toThrow(TypeError);
  await expect(t.batching(start, { headers: [['only a name']] as never })).rejects.toThrow(
    TypeError,
  );
});

test('a closed client lets everything through', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  await t.time.until(t.client.close());
  const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
  expect(answer.status).toBe(200);
  expect(t.batching.stats().passed).toEqual({ closed: 1 });
  expect(spanNames(t.emulator)).toHaveLength(1);
});

const behind: readonly [string, (t: FetchHarness, run: string) => Promise<Response>, number][] = [
  ['a read', (t, run) => t.fetch(`${SDK_URL}/api/v1/agent_instance/${run}`, { headers }), 20],
  [
    'a finish with a query',
    (t, run) => t.fetch(`${SDK_URL}/api/v1/agent_instance/${run}/finish?x=1`, singleRequest({})),
    20,
  ],
  [
    'what our checks refuse',
    (t, run) => t.post(`agent_instance/${run}/finish`, { idempotency_key: 'short' }),
    20,
  ],
];

for (const [what, call, spans] of behind) {
  test(`${what} waits for the calls that were answered before it`, async () => {
    const t = fetchHarness('on-accept');
    const run = await t.startedRun();
    for (let index = 0; index < spans; index++) void t.post('agent_spans', spanOf(run));
    const answer = await t.time.until(call(t, run));
    expect(answer.status).toBe(200);
    expect((await answer.json()).details.span_counts?.total ?? spanNames(t.emulator).length).toBe(
      spans,
    );
    expect(t.batching.stats().lateFailures).toBe(0);
  });
}

test('a read gives up waiting when its signal fires', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'delay', delayMs: 5_000 });
  await t.post('agent_spans', spanOf(run));
  const given = new AbortController();
  const read = t.fetch(`${SDK_URL}/api/v1/agent_instance/${run}`, {
    headers,
    signal: given.signal,
  });
  read.catch(() => {});
  await t.time.pass(100);
  given.abort();
  await expect(read).rejects.toMatchObject({ name: 'AbortError' });
});

test('a ping, another origin and our own requests wait for nothing', async () => {
  const t = fetchHarness('on-accept', { emulator: { latencyMs: 0 } });
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'delay', delayMs: 5_000 });
  await t.post('agent_spans', spanOf(run));
  await t.time.settle();
  const own = { ...headers, 'x-prefactor-sdk': 'prefactor-autobatch@1.0.0' };
  const quick = [
    t.fetch(`${SDK_URL}/api/v1/ping`, { headers }),
    t.fetch(`${SDK_URL}/api/v1/agent_instance/${run}`, { headers: own }),
    t.fetch('https://elsewhere.test/api/v1/ping', { headers }),
  ];
  let answered = 0;
  for (const one of quick) void one.then(() => answered++);
  await t.time.settle();
  await t.time.settle();
  expect(answered).toBe(3);
  expect(t.client.stats().ledger.pending).toBe(1);
});

test('where nothing is answered early, a read waits for nobody', async () => {
  const t = fetchHarness('on-result', { emulator: { latencyMs: 0 } });
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'delay', delayMs: 5_000 });
  void t.post('agent_spans', spanOf(run));
  await t.time.settle();
  let hasAnswer = false;
  const read = t.fetch(`${SDK_URL}/api/v1/agent_instance/${run}`, { headers });
  void read.then(() => {
    hasAnswer = true;
  });
  await t.time.settle();
  expect(hasAnswer).toBe(true);
});

test('calls are made in the order of their fetches, though a Request is read later than a string', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const url = `${SDK_URL}/api/v1/agent_spans`;
  const named = (name: string): RequestInit => singleRequest(spanOf(run, { payload: { name } }));
  void t.fetch(new Request(url, named('1')));
  void t.fetch(url, named('2'));
  void t.fetch(new Request(url, named('3')));
  void t.fetch(url, named('4'));
  await t.time.settle();
  await t.time.until(t.client.flush());
  const spans = Object.values(Object.values(t.emulator.snapshot().instances)[0]?.spans ?? {});
  const { ran } = t.emulator.report();
  const nameOf = new Map(spans.map(({ id, payload }) => [id, Object(payload).name]));
  const order = ran
    .filter(({ type }) => type === 'agent_spans/create')
    .map(({ id }) => nameOf.get(id));
  expect(order).toEqual(['1', '2', '3', '4']);
});

/** A Request whose body begins, and never ends. */
function endlessRequest(signal?: AbortSignal): Request {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"details":')),
  });
  const init = singleRequest({}, { body, duplex: 'half' } as RequestInit);
  return new Request(`${SDK_URL}/api/v1/agent_spans`, { ...init, ...(signal && { signal }) });
}

for (const mode of ['on-result', 'on-accept'] as const) {
  test(`a Request whose body does not end passes through after five seconds, and those behind it go on (${mode})`, async () => {
    const seen: unknown[] = [];
    const t = fetchHarness(mode, {
      fetch: {
        fetch: (input) => {
          seen.push(input);
          return Promise.resolve(new Response('mine'));
        },
      },
    });
    const run = await t.startedRun();
    const request = endlessRequest();
    const endless = t.fetch(request);
    const next = t.post('agent_spans', spanOf(run, { payload: { name: 'next' } }));
    await t.time.pass(4_900);
    expect(spanNames(t.emulator)).toEqual([]);
    await t.time.pass(200);
    expect(await (await t.time.until(endless)).text()).toBe('mine');
    expect(seen).toEqual([request]);
    expect(request.bodyUsed).toBe(false);
    expect(t.batching.stats().passed).toEqual({ body: 1 });
    expect((await t.time.until(next)).status).toBe(200);
    await t.time.until(t.client.flush());
    expect(spanNames(t.emulator)).toEqual(['next']);
    expect(t.time.timers).toBe(0);
  });
}

test('a Request whose body does not end rejects when its signal fires, and the next one goes on', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const given = new AbortController();
  const endless = t.fetch(endlessRequest(given.signal));
  endless.catch(() => {});
  const next = t.post('agent_spans', spanOf(run, { payload: { name: 'next' } }));
  given.abort();
  await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
  expect((await t.time.until(next)).status).toBe(200);
});

test('a Request whose body is no text, or fails, passes through', async () => {
  const t = fetchHarness('on-result', { fetch: { fetch: async () => new Response('mine') } });
  const failing = new ReadableStream({ pull: () => Promise.reject(new Error('mine')) });
  for (const body of [new Uint8Array([0x7b, 0xff, 0x7d]), failing]) {
    const init = singleRequest({}, { body, duplex: 'half' } as RequestInit);
    await t.time.until(t.fetch(new Request(start, init)));
  }
  expect(t.batching.stats()).toMatchObject({ batched: 0, passed: { body: 2 } });
});

test('a full queue makes calls wait, in their order, and refuses none', async () => {
  const t = fetchHarness('on-accept', { client: { queue: { maxItems: 10 } } });
  const run = await t.startedRun();
  const calls = Array.from({ length: 50 }, (_, index) =>
    t.post('agent_spans', spanOf(run, { payload: { name: String(index) } })),
  );
  const answers = await t.time.until(Promise.all(calls));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toHaveLength(50);
  expect(t.failures).toEqual([]);
  expect(t.client.stats().ledger).toMatchObject({ declined: 0, refused: 0 });
});

test('a call that waits for room rejects when its signal fires, and the next one goes on', async () => {
  const t = fetchHarness('on-accept', { client: { queue: { maxItems: 1 } } });
  const run = await t.startedRun();
  await t.time.until(t.client.flush());
  t.emulator.faults.next({ kind: 'delay', delayMs: 5_000 });
  await t.post('agent_spans', spanOf(run, { payload: { name: 'first' } }));
  const given = new AbortController();
  const second = t.post('agent_spans', spanOf(run, { payload: { name: 'second' } }), {
    signal: given.signal,
  });
  second.catch(() => {});
  const third = t.post('agent_spans', spanOf(run, { payload: { name: 'third' } }));
  await t.time.pass(100);
  given.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  expect((await t.time.until(third)).status).toBe(200);
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toEqual(['first', 'third']);
});

test('the SDK that makes the calls is named in front of us', async () => {
  const sent: string[] = [];
  const t = fetchHarness('on-result', {
    client: {
      sdk: ['mine@2.0.0'],
      fetch: async (request) => {
        sent.push(String(request.headers.get('x-prefactor-sdk')));
        return new Response('{"status":"error","code":"bad_request"}', { status: 400 });
      },
    },
  });
  const named = (sdk: string): RequestInit => ({ headers: { ...headers, 'x-prefactor-sdk': sdk } });
  await t.time.until(
    t.post('agent_instance/register', {}, named('@prefactor/ai@0.3.4 @prefactor/core@0.4.3')),
  );
  await t.time.until(t.post('agent_instance/register', {}, named('no-version')));
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatch(
    /^@prefactor\/ai@0\.3\.4 @prefactor\/core@0\.4\.3 mine@2\.0\.0 prefactor-autobatch@\S+$/,
  );
  expect(sent[1]).toBe(sent[0]);
});

test('what the hook refuses does not go past it', async () => {
  const t = fetchHarness('on-result', {
    client: {
      beforeEnqueue: () => {
        throw new Error('not this one');
      },
    },
  });
  const answer = await t.time.until(t.post('agent_instance/register', {}));
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ status: 'error', code: 'validation_errors' });
  expect(t.emulator.report().requests.all).toBe(0);
});

test('what the hook leaves out is answered with its own fields', async () => {
  const t = fetchHarness('on-accept', { client: { beforeEnqueue: () => null } });
  const answer = await t.time.until(t.post('agent_instance/register', { purpose: 'eval' }));
  expect(await answer.json()).toMatchObject({ status: 'success', details: { purpose: 'eval' } });
  expect(t.emulator.report().requests.all).toBe(0);
  expect(t.batching.stats()).toMatchObject({ early: 0, lateFailures: 0 });
});
