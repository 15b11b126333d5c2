// All ways on which the transport sends. Whatever the network does, they tell of it alike.
import { inspect } from 'node:util';
import { expect, onTestFinished, vi } from 'vitest';
import type { Reply } from '../../src/coalescer/index.ts';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { HttpClientOptions } from '../../src/transport/http-client.ts';
import type { Dispatcher } from '../helpers/global-dispatcher.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { batchOf, patient, token, transportOf } from './transport.ts';

/** The ways over the global dispatcher, by the handler interfaces that it knows. */
export const dispatcherWays = ['the dispatcher', 'a dispatcher of the older kind'] as const;
export const ways = ['the global fetch', 'the fetch option', ...dispatcherWays] as const;

export type Way = (typeof ways)[number];

interface Sending extends Partial<HttpClientOptions> {
  readonly text?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export type SendTo = (apiUrl: string, sending?: Sending) => Promise<Reply<AttemptFailure>>;

/**
 * Sends one item on that way, for as long as the test runs. Whatever comes of it, the token is not in
 * there.
 */
export function sendingOver(way: Way): SendTo {
  if (way === 'a dispatcher of the older kind') setGlobalDispatcher(older(globalDispatcher()));
  const { fetch } = globalThis;
  const passing: typeof fetch = (...call) => fetch(...call);
  if (way === 'the global fetch') replaceFetch(passing);
  const own: Partial<HttpClientOptions> = way === 'the fetch option' ? { fetch: passing } : {};
  return async (apiUrl, { text = '{}', signal = patient().signal, clock, ...options } = {}) => {
    const transport = transportOf({ apiUrl, apiToken: token, ...own, ...options }, clock);
    const reply = await transport.send(batchOf(text), { signal });
    const all = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null };
    expect(inspect(reply, all)).not.toContain('pf_secret');
    return reply;
  };
}

/** For as long as the test runs. */
function replaceFetch(own: typeof fetch): void {
  vi.stubGlobal('fetch', own);
  onTestFinished(() => void vi.unstubAllGlobals());
}

/** Knows what Node 22 knows: of a handler, it sees these methods only. */
function older(dispatcher: Dispatcher): Dispatcher {
  const known = ['onConnect', 'onHeaders', 'onData', 'onComplete', 'onError'];
  return {
    dispatch(options, handler) {
      const methods = known.map((method) => [method, Reflect.get(handler, method).bind(handler)]);
      return dispatcher.dispatch(options, Object.fromEntries(methods));
    },
  };
}

/** What the engine is told when there is no answer, for that reason. */
export function lost(failure: object): object {
  const overload = 'kind' in failure && failure.kind === 'timeout';
  return { kind: 'lost', status: undefined, overload, failure };
}

/**
 * What is known where there never was a connection: over the dispatcher, certainly nothing was sent;
 * what another fetch may have sent by then, nobody can say.
 */
export function neverSent(way: Way, failure: object): object {
  const isCertain = dispatcherWays.some((one) => one === way);
  if (!isCertain) return lost(failure);
  return { kind: 'unsent', failure: { ...failure, unsent: true } };
}
