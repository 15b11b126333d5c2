import type { Batch, SendOptions } from '../../src/coalescer/index.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Transport } from '../../src/transport/bulk-transport.ts';
import { createTransport } from '../../src/transport/bulk-transport.ts';
import type { HttpClientOptions } from '../../src/transport/http-client.ts';

export const token = 'pf_secret_"0123\\4567';

/** A transport with good options, of which a test states those that matter to it. */
export function transportOf(
  options: Partial<HttpClientOptions>,
  clock: Clock = systemClock(),
): Transport {
  const defaults: HttpClientOptions = {
    apiUrl: 'https://api.example/base',
    apiToken: token,
    attemptTimeoutMs: 30_000,
    headers: {},
    sdk: [],
    fetch: undefined,
  };
  return createTransport({ ...defaults, ...options }, clock);
}

export function batchOf(...texts: string[]): Batch {
  return { keys: texts.map((_, index) => `order-span-0${index}`), texts, bytes: 0 };
}

/** What a request is sent with, when nobody ever gives it up. */
export function patient(): SendOptions {
  return { signal: new AbortController().signal };
}
