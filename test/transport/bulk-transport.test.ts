import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import { envelopeBytes, separatorBytes } from '../../src/transport/bulk-transport.ts';
import { isAutobatchRequest } from '../../src/transport/sdk-header.ts';
import { batchOf, patient, token, transportOf } from './transport.ts';

afterEach(() => vi.unstubAllGlobals());

/** A fetch that gives the same answer to everything, and keeps what it was asked. */
function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const requests: Request[] = [];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const fetch = async (request: Request): Promise<Response> => {
    requests.push(request);
    return new Response(text, { status, headers });
  };
  return { fetch, requests };
}

async function replyTo(status: number, body: unknown, headers?: Record<string, string>) {
  const { fetch } = answering(status, body, headers);
  return transportOf({ fetch }).send(batchOf('{}'), patient());
}

const ok = { status: 'success', outputs: {} };

describe('a request', () => {
  async function requestOf(options: Parameters<typeof transportOf>[0], texts = ['{"a":1}']) {
    const { fetch, requests } = answering(200, ok);
    await transportOf({ fetch, ...options }).send(batchOf(...texts), patient());
    expect(requests).toHaveLength(1);
    const [request] = requests;
    if (request === undefined) throw new Error('nothing was sent');
    return request;
  }

  test('posts the texts of the items, as they are', async () => {
    const request = await requestOf({}, ['{"a":1}', '{"b":"茶"}']);
    expect(request.method).toBe('POST');
    expect(request.url).toBe('https://api.example/base/api/v1/bulk');
    expect(await request.text()).toBe('{"items":[{"a":1},{"b":"茶"}]}');
  });

  test('is as long as its parts say', async () => {
    const texts = ['{"a":1}', '{"b":2}', '{}'];
    const request = await requestOf({}, texts);
    expect((await request.text()).length).toBe(
      envelopeBytes + texts.join('').length + 2 * separatorBytes,
    );
  });

  test('has the headers of the contract, the adapters, and those of the user', async () => {
    const request = await requestOf({
      headers: { 'X-Tenant': 'tea' },
      sdk: ['my-adapter@1', 'other@2', 'my-adapter@1'],
    });
    expect(Object.fromEntries(request.headers)).toEqual({
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-prefactor-sdk': `my-adapter@1 other@2 prefactor-autobatch@${VERSION}`,
      'x-tenant': 'tea',
    });
  });

  test('follows no redirect', async () => {
    expect((await requestOf({})).redirect).toBe('manual');
  });

  test.each([true, false])('outlives the page when told so: %j', async (outlives) => {
    const { fetch, requests } = answering(200, ok);
    await transportOf({ fetch }).send(batchOf('{}'), { ...patient(), outlives });
    expect(requests.map((request) => request.keepalive)).toEqual([outlives]);
  });

  test('goes through the global fetch as it is then, where the user has none', async () => {
    const transport = transportOf({});
    const { fetch, requests } = answering(200, ok);
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => fetch(new Request(url, init)));
    await transport.send(batchOf('{}'), patient());
    expect(requests).toHaveLength(1);
  });

  test('has its body ready for the global fetch, which would copy a stream', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => Response.json(ok));
    vi.stubGlobal('fetch', fetch);
    await transportOf({}).send(batchOf('{"a":1}'), patient());
    expect(fetch.mock.calls).toMatchObject([
      ['https://api.example/base/api/v1/bulk', { method: 'POST', body: '{"items":[{"a":1}]}' }],
    ]);
    expect(isAutobatchRequest(fetch.mock.calls[0]?.[1] ?? {})).toBe(true);
  });

  test('runs in the root context, and so does the token function', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const transport = transportOf({
      apiToken: () => {
        seen.push(storage.getStore());
        return token;
      },
      fetch: async () => {
        seen.push(storage.getStore());
        return Response.json(ok);
      },
    });
    await storage.run('caller', () => transport.send(batchOf('{}'), patient()));
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('a usable answer', () => {
  test.each([200, 201, 207])('of %d has its outputs', async (status) => {
    const outputs = { 'order-span-00': { status: 'success', details: { id: 'spanA' } } };
    expect(await replyTo(status, { status: 'success', outputs })).toEqual({
      kind: 'answered',
      status,
      outputs,
      requestId: expect.any(Function),
    });
  });

  describe('is given', () => {
    const packed = batchOf('{}');
    const ours = { ...packed, bytes: '{"items":[{}]}'.length, writeTo: () => {} };
    const outputs = { 'order-span-00': { n: 1 } };
    const more = { ...outputs, x: {} };

    test.each([
      ['to the engine as a list, in the order of the batch', ours, outputs, [{ n: 1 }]],
      ['to it as a map, where it says more', ours, more, more],
      ['as a map to a caller who has packed the batch', packed, outputs, outputs],
    ])('%s', async (_, batch, answer, given) => {
      const { fetch } = answering(200, { status: 'success', outputs: answer });
      const reply = await transportOf({ fetch }).send(batch, patient());
      expect(reply).toEqual({
        kind: 'answered',
        status: 200,
        outputs: given,
        requestId: expect.any(Function),
      });
    });

    test('of an error status by what it says, whatever looks like outputs', async () => {
      const { fetch } = answering(500, { status: 'success', outputs });
      const reply = await transportOf({ fetch }).send(ours, patient());
      expect(reply).toMatchObject({ kind: 'lost', status: 500 });
    });
  });

  test('needs no status in its body', async () => {
    expect(await replyTo(200, { outputs: {} })).toMatchObject({ kind: 'answered', outputs: {} });
  });

  test('may name an output as every object has one', async () => {
    const reply = await replyTo(200, '{"outputs": {"__proto__": {"status": "success"}}}');
    if (reply.kind !== 'answered') throw new Error('not answered');
    expect(Object.keys(reply.outputs)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(reply.outputs)).toBe(Object.prototype);
  });
});

test.each([
  ['no JSON', '<html>', 'no JSON'],
  ['nothing', '', 'no JSON'],
  ['half a body', '{"outputs": {"a', 'no JSON'],
  ['an array', [], 'no outputs'],
  ['null', null, 'no outputs'],
  ['a number', 7, 'no outputs'],
  ['no outputs', { status: 'success' }, 'no outputs'],
  ['outputs that are an array', { outputs: [] }, 'no outputs'],
  ['outputs that are null', { outputs: null }, 'no outputs'],
  ['outputs that are a text', { outputs: 'none' }, 'no outputs'],
  ['inherited outputs', '{"__proto__": {"outputs": {}}}', 'no outputs'],
])('a 200 with %s breaks the contract', async (_, body, problem) => {
  expect(await replyTo(200, body)).toMatchObject({
    kind: 'lost',
    status: 200,
    failure: { kind: 'contract', status: 200, problem, bodySnippet: expect.any(String) },
  });
});

describe('how the server names the request', () => {
  const outputs = { 'order-span-00': { n: 1 } };
  const replyWith = (headers: object, status = 200) =>
    transportOf({
      fetch: async () => Response.json({ outputs }, { status, headers: { ...headers } }),
    }).send(batchOf('{}'), patient());

  test.each([
    [{ 'X-Request-Id': 'r-1' }, 'r-1'],
    [{ 'request-id': 'r-2' }, 'r-2'],
    [{ 'x-request-id': `r ${token}` }, 'r [token]'],
    [{ 'x-request-id': 'r'.repeat(5_000) }, `${'r'.repeat(200)}…`],
    [{}, undefined],
  ])('by %j is handed on as %j', async (headers, requestId) => {
    const reply = await replyWith(headers);
    expect(reply.kind === 'answered' && reply.requestId?.()).toBe(requestId);
    expect(await replyWith(headers, 500)).toMatchObject({ failure: { requestId } });
  });

  test('is unknown where its headers cannot be read', async () => {
    const broken = {
      status: 200,
      text: async () => JSON.stringify({ outputs }),
      headers: {
        get(name: string) {
          if (name.includes('request-id')) throw new Error('not for you');
          return null;
        },
      },
    };
    const fetch = async () => broken as unknown as Response;
    const reply = await transportOf({ fetch }).send(batchOf('{}'), patient());
    expect(reply.kind === 'answered' && reply.requestId?.()).toBeUndefined();
  });
});

describe('a status', () => {
  const refusal = { status: 'error', code: 'some_code', message: 'No', errors: { a: ['b'] } };
  const failure = { kind: 'status', apiCode: 'some_code', apiMessage: 'No', errors: { a: ['b'] } };

  const answerText = JSON.stringify(refusal);

  const refusals = [
    300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422,
  ];
  const blames = new Map([
    [400, 'items'],
    [422, 'items'],
    [413, 'bytes'],
  ]);

  test.each(refusals)('of %d is a refusal, and says what may be to blame', async (status) => {
    const bodiless = status === 304;
    const transport = transportOf({
      fetch: async () => new Response(bodiless ? null : answerText, { status }),
    });
    expect(await transport.send(batchOf('{}'), patient())).toEqual({
      kind: 'refused',
      status,
      exists: status === 409,
      blame: blames.get(status),
      failure: bodiless
        ? { kind: 'status', status, apiMessage: '', answerText: '' }
        : { ...failure, status, answerText },
    });
  });

  test.each(refusals)(
    'of %d may be for the token only where a function gives it',
    async (status) => {
      const fetch = async () => new Response(null, { status });
      const transport = transportOf({ fetch, apiToken: () => token });
      const blame = status === 401 || status === 403 ? 'attempt' : blames.get(status);
      expect(await transport.send(batchOf('{}'), patient())).toMatchObject({
        kind: 'refused',
        status,
        blame,
      });
    },
  );

  test.each([
    ['conflict', true],
    ['some_code', true],
    [undefined, true],
    [7, true],
    ['invalid_action', false],
  ])('of 409 with the code %s: what was to be made exists: %j', async (code, exists) => {
    expect(await replyTo(409, { status: 'error', code })).toMatchObject({
      kind: 'refused',
      status: 409,
      exists,
      blame: undefined,
    });
  });

  test.each([400, 403, 404, 422])('of %d never says so, whatever its code', async (status) => {
    expect(await replyTo(status, { status: 'error', code: 'conflict' })).toMatchObject({
      kind: 'refused',
      exists: false,
    });
  });

  test.each([
    [422, { id: ['has already been taken'] }, true],
    [400, { id: ['has already been taken'] }, true],
    [422, { id: ['is taken'], payload: ['is too large'] }, false],
    [404, { id: ['has already been taken'] }, false],
  ])(
    'of %d that finds %j wrong: what was to be made exists: %j',
    async (status, errors, exists) => {
      const body = { status: 'error', code: 'validation_errors', message: 'm', errors };
      expect(await replyTo(status, body)).toMatchObject({ kind: 'refused', status, exists });
    },
  );

  test.each<[Record<string, string>, object, number | undefined]>([
    [{}, {}, undefined],
    [{ 'Retry-After': '7' }, {}, 7_000],
    [{ 'Retry-After': '0' }, {}, 0],
    [{ 'Retry-After': 'soon' }, {}, undefined],
    [{}, { retry_after_ms: 70 }, 70],
    [{ 'Retry-After': '7' }, { retry_after_ms: 70 }, 7_000],
  ])('of 429 (%j, %j) is busy for %j ms, and nothing was done', async (headers, more, afterMs) => {
    expect(await replyTo(429, { ...refusal, ...more }, headers)).toEqual({
      kind: 'busy',
      status: 429,
      afterMs,
      maybeApplied: false,
      failure: { ...failure, status: 429 },
    });
  });

  test.each([408, 425, 500, 502, 503, 504, 599])(
    'of %d leaves open what was done',
    async (status) => {
      expect(await replyTo(status, refusal)).toEqual({
        kind: 'lost',
        status,
        failure: { ...failure, status },
        // Out of breath: perhaps too many requests go at once.
        overload: status === 503,
      });
    },
  );

  test.each<[Record<string, string>, object, unknown]>([
    [{ 'Retry-After': '7' }, {}, 7_000],
    [{ 'Retry-After': '0' }, {}, 0],
    [{ 'Retry-After': 'Tue, 01 Sep 2026 08:00:00 GMT' }, {}, expect.any(Number)],
    [{}, { retry_after_ms: 70 }, 70],
  ])(
    'of 503 with a time (%j, %j) is busy, and may have been done',
    async (headers, more, afterMs) => {
      expect(await replyTo(503, { ...refusal, ...more }, headers)).toEqual({
        kind: 'busy',
        status: 503,
        afterMs,
        maybeApplied: true,
        failure: { ...failure, status: 503 },
      });
    },
  );

  test.each([401, 408, 422, 500, 502, 504])(
    'of %d with a time is what it is without',
    async (status) => {
      const headers = { 'Retry-After': '7' };
      expect(await replyTo(status, refusal, headers)).toEqual(await replyTo(status, refusal));
    },
  );

  test('that a browser hides is the redirect that it did not follow', async () => {
    const response = new Response(null, { status: 200 });
    Object.defineProperties(response, { type: { value: 'opaqueredirect' }, status: { value: 0 } });
    const transport = transportOf({ fetch: async () => response });
    expect(await transport.send(batchOf('{}'), patient())).toMatchObject({
      kind: 'refused',
      status: 302,
      exists: false,
      blame: undefined,
    });
  });

  test('without JSON shows how the body begins', async () => {
    const page = `<html>${'x'.repeat(1_000)}`;
    expect(await replyTo(502, page)).toMatchObject({
      failure: { apiCode: undefined, apiMessage: `${page.slice(0, 200)}…` },
    });
  });
});

describe('no answer', () => {
  const said = (cause: object, lasting?: string) => ({
    kind: 'lost',
    status: undefined,
    overload: false,
    failure: { kind: 'connection', cause: expect.objectContaining(cause), lasting },
  });

  test('has a copy of what fetch threw as its cause', async () => {
    const cause = Object.assign(new TypeError('fetch failed'), { request: 'all of it' });
    const transport = transportOf({ fetch: () => Promise.reject(cause) });
    const reply = await transport.send(batchOf('{}'), patient());
    expect(reply).toEqual(said({ name: 'TypeError', message: 'fetch failed' }));
    expect(JSON.stringify(reply)).not.toContain('all of it');
  });

  test('shows where in its code a fetch has thrown', async () => {
    const fetch = function brokenFetch(): never {
      throw new TypeError('nope is not a function');
    };
    const reply = await transportOf({ fetch }).send(batchOf('{}'), patient());
    expect(reply).toEqual(
      said({ stack: expect.stringContaining('at brokenFetch') }, 'fetch threw'),
    );
  });

  test.each([
    [new Error('odd'), { message: 'odd' }],
    [undefined, { message: 'What was thrown is no error, but undefined.' }],
    [{ headers: token }, { message: 'What was thrown is no error, but of type object.' }],
  ])('whatever it is: %s', async (thrown, cause) => {
    const transport = transportOf({
      fetch: () => {
        throw thrown;
      },
    });
    expect(await transport.send(batchOf('{}'), patient())).toEqual(said(cause, 'fetch threw'));
  });

  test('also when a fetch gives no Response', async () => {
    const fetch = () => Promise.resolve(JSON.parse('{}'));
    expect(await transportOf({ fetch }).send(batchOf('{}'), patient())).toEqual(
      said(
        { message: 'fetch has to give a Response, which has a status.' },
        'fetch gave no Response',
      ),
    );
  });
});

describe('the token', () => {
  test('may come from a function, asked once for each attempt', async () => {
    const { fetch, requests } = answering(200, ok);
    let asked = 0;
    const transport = transportOf({ fetch, apiToken: () => `pf_${++asked}` });
    await transport.send(batchOf('{}'), patient());
    await transport.send(batchOf('{}'), patient());
    expect(requests.map((request) => request.headers.get('authorization'))).toEqual([
      'Bearer pf_1',
      'Bearer pf_2',
    ]);
  });

  const cause = new Error('the vault is shut');
  test.each<[string, () => string | Promise<string>, unknown]>([
    [
      'throws',
      () => {
        throw cause;
      },
      cause,
    ],
    ['rejects', () => Promise.reject(cause), cause],
    ['gives nothing', () => '', expect.any(TypeError)],
    ['gives what is no header', () => 'pf\r\nHost: evil', expect.any(TypeError)],
    ['gives another type', () => JSON.parse('{}'), expect.any(TypeError)],
  ])('of a function that %s: nothing is sent', async (_, apiToken, expected) => {
    const { fetch, requests } = answering(200, ok);
    const transport = transportOf({ fetch, apiToken });
    expect(await transport.send(batchOf('{}'), patient())).toEqual({
      kind: 'unsent',
      failure: { kind: 'token', cause: expected },
    });
    expect(await transport.ping(patient())).toEqual({
      failure: { kind: 'token', cause: expected },
    });
    expect(requests).toEqual([]);
  });

  test.each([200, 422, 500])('that the server echoes with %d is in no failure', async (status) => {
    const echo = { code: `no_${token}`, message: `Bad: ${token}`, errors: [{ [token]: token }] };
    for (const body of [echo, `plain ${token}`, JSON.stringify(`quoted ${token}`)]) {
      expect(JSON.stringify(await replyTo(status, body))).not.toContain('secret');
    }
  });

  test('is taken out of texts for as long as it may be echoed', async () => {
    let asked = 0;
    const { fetch } = answering(200, ok);
    const { send, redact } = transportOf({ fetch, apiToken: () => `pf_${++asked}_secret` });
    expect(redact('pf_1_secret')).toBe('pf_1_secret');
    await send(batchOf('{}'), patient());
    await send(batchOf('{}'), patient());
    expect(redact('pf_2_secret, pf_1_secret')).toBe('[token], [token]');
  });
});

describe('a ping', () => {
  test('asks by GET, without a body', async () => {
    const { fetch, requests } = answering(200, '');
    expect(await transportOf({ fetch }).ping(patient())).toBe(true);
    const [request] = requests;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe('https://api.example/base/api/v1/ping');
    expect(request?.body).toBeNull();
    expect(request?.headers.get('authorization')).toBe(`Bearer ${token}`);
    expect(request?.headers.has('content-type')).toBe(false);
  });

  const pinged = (status: number, body: string | null = null) =>
    transportOf({ fetch: async () => new Response(body, { status }) }).ping(patient());

  test.each([204, 200, 401, 404, 429])('that is answered with %d is answered', async (status) => {
    expect(await pinged(status)).toBe(true);
  });

  test.each([302, 408, 425, 500, 503])('that is answered with %d is not', async (status) => {
    expect(await pinged(status)).toEqual({
      failure: expect.objectContaining({ kind: 'status', status }),
    });
  });

  test.each(['{"status":"success"}', '{}', 'null', '"pong"', 'pong', 'OK\n', ''])(
    'is answered by %j, whatever the API says there',
    async (body) => {
      expect(await pinged(200, body)).toBe(true);
    },
  );

  test.each([
    '<!DOCTYPE html><title>Sign in</title>',
    '<h1>It works!</h1>',
    '{"status":"succ',
    `Welcome to this server. ${'It works. '.repeat(10)}`,
  ])('is not answered by %j, which somebody else says', async (body) => {
    expect(await pinged(200, body)).toEqual({
      failure: {
        kind: 'contract',
        status: 200,
        problem: 'no JSON',
        bodySnippet: body,
      },
    });
  });

  test('without an answer says what it met', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await transportOf({ fetch }).ping(patient())).toEqual({
      failure: {
        kind: 'connection',
        cause: expect.objectContaining({ message: 'fetch failed' }),
      },
    });
  });
});
