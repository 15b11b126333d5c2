// Time-outs and aborts, against a clock that is moved by hand and a fetch that waits to be told.
import { install } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { maxAnswerBytes } from '../../src/transport/response-body.ts';
import { batchOf, patient, transportOf } from './transport.ts';

let time: ReturnType<typeof install>;
beforeEach(() => {
  time = install({
    now: 1_790_000_000_123,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
});
afterEach(() => {
  const timers = time.countTimers();
  time.uninstall();
  expect(timers).toBe(0);
});

const lost = (failure: object, overload = false) => ({
  kind: 'lost',
  status: undefined,
  failure,
  overload,
});
const overload = lost({ kind: 'timeout', ms: 1_000 }, true);

/** A body that gives what the test gives it; obeys no signal. */
function body() {
  const pulled = deferred<ReadableStreamDefaultController<Uint8Array>>();
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => pulled.resolve(controller),
    cancel: () => {
      cancelled = true;
    },
  });
  return { stream, controller: pulled.promise, isCancelled: () => cancelled };
}

const encode = (text: string) => new TextEncoder().encode(text);

describe('a time-out', () => {
  test('ends a fetch that obeys no signal', async () => {
    const fetch = () => new Promise<Response>(() => undefined);
    const reply = transportOf({ fetch, attemptTimeoutMs: 1_000 }).send(batchOf('{}'), patient());
    await time.tickAsync(999);
    expect(time.countTimers()).toBe(1);
    await time.tickAsync(1);
    expect(await reply).toEqual(overload);
  });

  test('reaches the signal of the request', async () => {
    const asked = deferred<AbortSignal>();
    const fetch = (request: Request) => {
      asked.resolve(request.signal);
      return new Promise<Response>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    };
    const reply = transportOf({ fetch, attemptTimeoutMs: 1_000 }).send(batchOf('{}'), patient());
    await time.tickAsync(1_000);
    expect(await reply).toEqual(overload);
    expect((await asked.promise).aborted).toBe(true);
  });

  test('holds for headers and body together', async () => {
    const { stream, controller, isCancelled } = body();
    const answer = deferred<Response>();
    const reply = transportOf({ fetch: () => answer.promise, attemptTimeoutMs: 1_000 }).send(
      batchOf('{}'),
      patient(),
    );
    await time.tickAsync(900);
    answer.resolve(new Response(stream));
    (await controller).enqueue(encode('{"outputs"'));
    await time.tickAsync(99);
    expect(isCancelled()).toBe(false);
    await time.tickAsync(1);
    expect(await reply).toEqual(overload);
    expect(isCancelled()).toBe(true);
  });

  test('is not moved by a body that trickles', async () => {
    const { stream, controller } = body();
    const fetch = async () => new Response(stream);
    let settled = false;
    const reply = transportOf({ fetch, attemptTimeoutMs: 1_000 }).send(batchOf('{}'), patient());
    const whenSettled = reply.then(() => {
      settled = true;
    });
    const drip = await controller;
    for (const _ of Array(9)) {
      drip.enqueue(encode(' '));
      await time.tickAsync(100);
    }
    expect(settled).toBe(false);
    await time.tickAsync(100);
    await whenSettled;
    expect(await reply).toEqual(overload);
  });

  test('leaves a token that comes too late unused', async () => {
    const token = deferred<string>();
    let sent = 0;
    const transport = transportOf({
      apiToken: () => token.promise,
      attemptTimeoutMs: 1_000,
      fetch: async () => {
        sent++;
        return Response.json({ outputs: {} });
      },
    });
    const reply = transport.send(batchOf('{}'), patient());
    await time.tickAsync(1_000);
    expect(await reply).toMatchObject({
      kind: 'unsent',
      failure: {
        kind: 'token',
        cause: new Error('The apiToken function gave nothing within 1000 ms.'),
      },
    });
    token.resolve('pf_late');
    await time.tickAsync(1_000);
    expect(sent).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('closed');

  test('ends a request at once, with its reason', async () => {
    const abort = new AbortController();
    const fetch = () => new Promise<Response>(() => undefined);
    const reply = transportOf({ fetch }).send(batchOf('{}'), { signal: abort.signal });
    await time.tickAsync(10);
    abort.abort(reason);
    expect(await reply).toEqual(lost({ kind: 'aborted', cause: reason }));
  });

  test('ends the reading of a body', async () => {
    const abort = new AbortController();
    const { stream, controller, isCancelled } = body();
    const fetch = async () => new Response(stream);
    const reply = transportOf({ fetch }).send(batchOf('{}'), { signal: abort.signal });
    (await controller).enqueue(encode('{'));
    await time.tickAsync(10);
    abort.abort(reason);
    expect(await reply).toEqual(lost({ kind: 'aborted', cause: reason }));
    await time.tickAsync(0);
    expect(isCancelled()).toBe(true);
  });

  test('before the request leaves nothing to send', async () => {
    let sent = 0;
    const fetch = async () => {
      sent++;
      return Response.json({ outputs: {} });
    };
    const transport = transportOf({ fetch });
    const signal = AbortSignal.abort(reason);
    expect(await transport.send(batchOf('{}'), { signal })).toEqual(
      lost({ kind: 'aborted', cause: reason }),
    );
    expect(await transport.ping({ signal })).toEqual({
      failure: { kind: 'aborted', cause: reason },
    });
    expect(sent).toBe(0);
  });

  test('after the answer changes nothing, and nothing listens to it any more', async () => {
    const abort = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = abort.signal;
    Object.assign(abort.signal, {
      addEventListener: (...given: Parameters<typeof addEventListener>) => {
        listeners++;
        addEventListener.apply(abort.signal, given);
      },
      removeEventListener: (...given: Parameters<typeof removeEventListener>) => {
        listeners--;
        removeEventListener.apply(abort.signal, given);
      },
    });
    const transport = transportOf({ fetch: async () => Response.json({ outputs: {} }) });
    const reply = await transport.send(batchOf('{}'), { signal: abort.signal });
    abort.abort(reason);
    expect(reply.kind).toBe('answered');
    expect(listeners).toBe(0);
  });
});

describe('an answer without end', () => {
  test('is read to the bound only', async () => {
    const chunk = encode('x'.repeat(1_048_576));
    let chunks = 0;
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        chunks++;
        controller.enqueue(chunk);
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const fetch = async () => new Response(stream);
    expect(await transportOf({ fetch }).send(batchOf('{}'), patient())).toEqual({
      kind: 'lost',
      status: 200,
      oversized: true,
      failure: {
        kind: 'contract',
        status: 200,
        problem: 'too large',
        bodySnippet: `${'x'.repeat(200)}…`,
      },
    });
    expect(cancelled).toBe(true);
    expect(chunks).toBeLessThanOrEqual(maxAnswerBytes / chunk.length + 2);
  });
});
