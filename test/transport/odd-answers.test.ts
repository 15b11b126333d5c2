// What a fetch of somebody's own may give in the place of a Response, and streams that behave badly.
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { maxAnswerBytes } from '../../src/transport/response-body.ts';
import { serve } from './servers.ts';
import { batchOf, patient, token, transportOf } from './transport.ts';

const outputs = { 'order-span-00': { status: 'success', details: { id: 'span-1' } } };
const requestId: unknown = expect.any(Function);
const answered = {
  kind: 'answered',
  status: 200,
  outputs,
  requestId,
};
const json = JSON.stringify({ outputs });
const tooLarge = { problem: 'too large' };

/** What becomes of a request whose fetch gives that, as the option or in the place of the global one. */
async function replyTo(given: object, signal: AbortSignal = patient().signal) {
  const fetch = async (): Promise<Response> => given as Response;
  const send = (options: object) => transportOf(options).send(batchOf('{}'), { signal });
  const reply = await send({ fetch });
  if (!('body' in given)) {
    vi.stubGlobal('fetch', fetch);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await send({})).toEqual('requestId' in reply ? { ...reply, requestId } : reply);
  }
  return reply;
}

describe('an answer', () => {
  test.each<[string, object]>([
    ['has text() alone', { status: 200, text: async () => json }],
    ['has json() alone', { status: 200, json: async () => ({ outputs }) }],
    ['has both, as where there are no streams', { status: 200, ...texts(json) }],
    ['has an empty text() beside its json()', { ...texts(json), status: 200, text: () => '' }],
    [
      'has a text() that says {} beside its json()',
      { ...texts(json), status: 200, text: () => '{}\n' },
    ],
    ['gives its text at once', { status: 200, text: () => json }],
    ['gives its text by a promise of another make', { status: 200, text: () => thenable(json) }],
    [
      'needs to be asked by its own name',
      new (class {
        readonly status = 200;
        readonly #said = json;
        text() {
          return this.#said;
        }
      })(),
    ],
    ['has a stream of Node as its body', { status: 200, body: Readable.from([Buffer.from(json)]) }],
    ['has what can be iterated as its body', { status: 200, body: parts() }],
    ['has no stream as its body', { status: 200, body: { outputs }, ...texts(json) }],
  ])('that %s is read', async (_, given) => {
    expect(await replyTo(given)).toEqual(answered);
  });

  test.each<[string, unknown]>([
    ['Headers', new Headers({ 'retry-after': '7' })],
    ['a Map', new Map([['retry-after', '7']])],
    ['a plain object', { 'Retry-After': '7' }],
    ['a plain object with numbers', { 'retry-after': 7 }],
  ])('may have %s', async (_, headers) => {
    const reply = await replyTo({ status: 429, headers, text: async () => '' });
    expect(reply).toMatchObject({ kind: 'busy', status: 429, afterMs: 7_000 });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'none'],
  ])('whose headers are %s has none', async (_, headers) => {
    const reply = await replyTo({ status: 429, headers, text: async () => '' });
    expect(reply).toMatchObject({ kind: 'busy', status: 429, afterMs: undefined });
  });

  test.each<[string, object, string]>([
    ['has nothing to read', { status: 200 }, 'no JSON'],
    ['has no JSON in its text', { ...texts('<html>'), status: 200 }, 'no JSON'],
    [
      'has an empty text, and was read by it',
      { status: 200, text: () => '', json: rejects },
      'no JSON',
    ],
    ['has json() that gives nothing', { status: 200, json: async () => undefined }, 'no JSON'],
  ])('that %s breaks the contract', async (_, given, problem) => {
    expect(await replyTo(given)).toMatchObject({
      kind: 'lost',
      failure: { kind: 'contract', problem },
    });
  });

  test.each<[string, object]>([
    ['whose text() rejects', { status: 200, text: rejects }],
    ['whose json() rejects, and is all there is', { status: 200, json: rejects }],
    ['whose stream is locked', locked(new Response(json))],
    ['whose chunks are no bytes', new Response(streamOf([json]))],
    [
      'whose chunks are nothing',
      { status: 200, body: { getReader: () => ({ read: () => undefined, cancel() {} }) } },
    ],
    ['that has a status in words', { status: '200', text: async () => json }],
    ['that is ok, and has no status', { ok: true, text: async () => json }],
  ])('%s is lost', async (_, given) => {
    expect(await replyTo(given)).toMatchObject({ kind: 'lost', failure: { kind: 'connection' } });
  });

  test('of text() alone is not taken when it is larger than is read', async () => {
    const text = async () => 'x'.repeat(maxAnswerBytes + 1);
    expect(await replyTo({ status: 200, text })).toMatchObject({
      oversized: true,
      failure: tooLarge,
    });
  });
});

describe('a stream', () => {
  test('of nothing but empty chunks is given up', async () => {
    const cancelled = deferred<void>();
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array()),
      cancel: () => cancelled.resolve(),
    });
    const cause = expect.objectContaining({ message: expect.stringContaining('empty chunks') });
    const reply = await replyTo(new Response(body));
    expect(reply).toMatchObject({ kind: 'lost', failure: { kind: 'connection', cause } });
    await cancelled.promise;
  });

  test('may have empty chunks between others, as many as it likes', async () => {
    const chunks = [...json].flatMap((sign) => [
      ...Array.from({ length: 500 }, () => new Uint8Array()),
      new TextEncoder().encode(sign),
    ]);
    expect(await replyTo(new Response(streamOf(chunks)))).toEqual(answered);
  });

  test('that is at hand, byte by byte, lets the event loop turn meanwhile', async () => {
    let left = 1_000_000;
    const byte = new TextEncoder().encode(' ');
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(byte) : controller.close()),
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 0);
    const reply = await replyTo(new Response(body), abort.signal);
    expect(reply).toMatchObject({ kind: 'lost', failure: { kind: 'aborted' } });
    expect(left).toBeGreaterThan(0);
  });

  const cancels: readonly (readonly [string, () => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('cannot');
      },
    ],
    ['rejects', rejects],
    [
      'gives a promise of another make that rejects',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a promise of another make
        then: (_: unknown, no: (error: Error) => void) => no(new Error('cannot')),
      }),
    ],
    [
      'gives what throws when it is looked at',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a promise of another make
        get then() {
          throw new Error('cannot');
        },
      }),
    ],
    ['gives nothing', () => undefined],
  ];

  test.each(cancels)('whose cancel() %s may be thrown away', async (_, cancel) => {
    const read = async () => ({ done: false, value: new Uint8Array(maxAnswerBytes + 1) });
    const body = { getReader: () => ({ read, cancel }) };
    expect(await replyTo({ status: 200, body })).toMatchObject({ failure: tooLarge });
  });

  test.each(cancels)('whose cancel() %s may be cut off', async (_, cancel) => {
    const abort = new AbortController();
    const read = (): Promise<never> => {
      abort.abort();
      return new Promise(() => undefined);
    };
    const body = { getReader: () => ({ read, cancel }) };
    const reply = await replyTo({ status: 200, body }, abort.signal);
    expect(reply).toMatchObject({ kind: 'lost', failure: { kind: 'aborted' } });
  });

  test('that can only be iterated is ended when nobody wants the rest', async () => {
    const ended = deferred<void>();
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(1_048_576);
      } finally {
        ended.resolve();
      }
    }
    const reply = await replyTo({ status: 200, body: endless() });
    expect(reply).toMatchObject({ oversized: true, failure: tooLarge });
    await ended.promise;
  });

  test('that fails midway is cancelled', async () => {
    const cancelled = deferred<void>();
    const read = async () => ({ done: false, value: 'no bytes' });
    const body = { getReader: () => ({ read, cancel: cancelled.resolve }) };
    expect(await replyTo({ status: 200, body })).toMatchObject({ kind: 'lost' });
    await cancelled.promise;
  });
});

test('a header that a fetch sets on its Request is sent, also where it hands on the init', async () => {
  const seen: unknown[] = [];
  const { apiUrl } = await serve((request, response) => {
    seen.push(request.headers['x-trace'], request.headers.authorization);
    response.end(json);
  });
  const fetch = async (request: Request, init?: RequestInit): Promise<Response> => {
    request.headers.set('x-trace', 'tea');
    return globalThis.fetch(request, init);
  };
  const transport = transportOf({ apiUrl, fetch });
  expect(await transport.send(batchOf('{}'), patient())).toEqual(answered);
  expect(seen).toEqual(['tea', `Bearer ${token}`]);
});

test('a request outlives its page only where it shall', async () => {
  const inits: (RequestInit | undefined)[] = [];
  vi.stubGlobal('fetch', async (_: unknown, init?: RequestInit) => {
    inits.push(init);
    return new Response(json);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const transport = transportOf({});
  await transport.send(batchOf('{}'), patient());
  await transport.send(batchOf('{}'), { ...patient(), outlives: true });
  // To say false is to say in Bun that the connection shall not be used again.
  expect(inits.map((init) => init?.keepalive)).toEqual([undefined, true]);
});

function texts(text: string) {
  return { headers: new Headers(), text: async () => text, json: async () => JSON.parse(text) };
}

async function* parts() {
  const bytes = new TextEncoder().encode(json);
  yield bytes.subarray(0, 7);
  yield bytes.subarray(7);
}

function rejects(): Promise<never> {
  return Promise.reject(new Error('cannot'));
}

function thenable(text: string): object {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another make
  return { then: (resolve: (text: string) => void) => resolve(text) };
}

function locked(response: Response): Response {
  response.body?.getReader();
  return response;
}

function streamOf(chunks: readonly unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
