// Aborts and time-outs over real sockets, on each way and at each stage of a request.
import { getEventListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { maxAnswerBytes } from '../../src/transport/response-body.ts';
import { UndiciSender } from '../../src/transport/undici-sender.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { listen, serve } from './servers.ts';
import type { SendTo } from './ways.ts';
import { dispatcherWays, lost, neverSent, sendingOver, ways } from './ways.ts';

const answer = '{"outputs":{}}';
const reason = new Error('enough');

/** The two ways to give up, and what the engine is told. */
const timedOut = { kind: 'timeout', ms: 50 };
const endings = [
  ['an abort', lost({ kind: 'aborted', cause: reason })],
  ['a time-out', lost(timedOut)],
] as const;

/** One attempt, and how it is given up. */
function giveable(ending: (typeof endings)[number][0]) {
  const abort = new AbortController();
  const clock = new HandClock();
  const sending = { signal: abort.signal, clock, attemptTimeoutMs: 50 };
  return {
    sending,
    giveUp: () => (ending === 'an abort' ? abort.abort(reason) : clock.advance(50)),
    expectNothingLeft() {
      expect(clock.timers).toBe(0);
      expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    },
  };
}

type Stage = (request: IncomingMessage, response: ServerResponse, reached: () => void) => void;

/** What a server does until a stage is reached. */
const stages: readonly (readonly [string, Stage])[] = [
  ['the request is being sent', (_, __, reached) => reached()],
  ['nothing has come', (request, _, reached) => request.resume().on('end', reached)],
  [
    'the headers have come',
    (request, response, reached) => {
      request.resume().on('end', () => {
        response.flushHeaders();
        reached();
      });
    },
  ],
  [
    'the body trickles',
    (request, response, reached) => {
      request.resume().on('end', () => response.write('{', reached));
    },
  ],
];
/** More than what fits between a sender and a reader that does not read. */
const large = JSON.stringify('x'.repeat(32 * 1024 * 1024));

describe.each(ways)('over %s', (way) => {
  let sendTo: SendTo;
  beforeEach(() => {
    sendTo = sendingOver(way);
  });

  describe.each(endings)('%s', (ending, expected) => {
    test.each(stages)('while %s ends the connection, and leaves nothing', async (_, stage) => {
      const { sending, giveUp, expectNothingLeft } = giveable(ending);
      const reached = deferred<IncomingMessage>();
      const closed = deferred<void>();
      const { apiUrl } = await serve((request, response) => {
        request.on('error', () => undefined);
        response.on('close', closed.resolve);
        stage(request, response, () => reached.resolve(request));
      });
      const text = stage === stages[0]?.[1] ? large : '{}';
      const reply = sendTo(apiUrl, { ...sending, text });
      const request = await reached.promise;
      giveUp();
      expect(await reply).toEqual(expected);
      request.resume(); // who does not read does not see the end
      await closed.promise;
      expect(request.complete).toBe(text === '{}');
      expectNothingLeft();
    });

    test('while the connection is made is not held up by it', async () => {
      const { sending, giveUp, expectNothingLeft } = giveable(ending);
      const reached = deferred<void>();
      // Says nothing, so TLS is never agreed upon.
      const { port } = await listen(createServer(() => reached.resolve()));
      const reply = sendTo(`https://127.0.0.1:${port}`, sending);
      await reached.promise;
      giveUp();
      const isTimeout = ending === 'a time-out';
      expect(await reply).toEqual(isTimeout ? neverSent(way, timedOut) : expected);
      expectNothingLeft();
    });
  });
});

describe.each(dispatcherWays)('over %s', (way) => {
  test.each(endings)(
    '%s before the connection is there lets nothing be sent later',
    async (...given) => {
      const [ending, expected] = given;
      const paths: (string | undefined)[] = [];
      const { apiUrl } = await serve((request, response) => {
        paths.push(request.url);
        response.end(answer);
      });
      const waiting = deferred<() => boolean>();
      const ended = deferred<void>();
      const dispatcher = globalDispatcher();
      setGlobalDispatcher({
        dispatch(options, handler) {
          const watched = {
            ...handler,
            onError: ended.resolve,
            onResponseError: ended.resolve,
          };
          waiting.resolve(() => dispatcher.dispatch(options, watched));
          return true;
        },
      });
      const sendTo = sendingOver(way);
      const { sending, giveUp, expectNothingLeft } = giveable(ending);
      const reply = sendTo(apiUrl, sending);
      const dispatch = await waiting.promise;
      giveUp();
      const isTimeout = ending === 'a time-out';
      expect(await reply).toEqual(isTimeout ? neverSent(way, timedOut) : expected);
      dispatch();
      await ended.promise;
      setGlobalDispatcher(dispatcher);
      expect(await sendTo(apiUrl)).toMatchObject({ kind: 'answered' });
      expect(paths).toEqual(['/api/v1/bulk']);
      expectNothingLeft();
    },
  );

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['an answer', (_, response) => response.end(answer)],
    [
      'an answer in gzip',
      (_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(answer)),
    ],
    [
      'an answer that is no gzip',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(answer),
    ],
    [
      'an answer that is too large',
      (_, response) => response.end(Buffer.alloc(maxAnswerBytes + 1)),
    ],
    ['a broken connection', (request) => request.socket.destroy()],
  ])('after %s, nobody listens to the signal any more', async (_, handle) => {
    sendingOver(way);
    const { apiUrl } = await serve(handle);
    const { signal } = new AbortController();
    const sent = new UndiciSender().send({
      url: apiUrl,
      headers: {},
      body: undefined,
      signal,
      keepalive: false,
      progress: { heard: () => {}, left: () => {} },
    });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.allSettled([sent]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test('nor after a dispatcher that throws', async () => {
  setGlobalDispatcher({
    dispatch() {
      throw reason;
    },
  });
  const { signal } = new AbortController();
  const outgoing = { url: 'http://api.example', headers: {}, body: undefined, keepalive: false };
  const progress = { heard: () => {}, left: () => {} };
  const sent = new UndiciSender().send({ ...outgoing, signal, progress });
  await expect(sent).rejects.toBe(reason);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
