import type { Batch, FailureDescription, Ping, Send } from '../coalescer/index.ts';
import type { Failure } from '../errors/failure.ts';
import { inWords } from '../errors/failure-words.ts';
import type { Clock } from '../lib/clock.ts';
import { pingFailureOf, replyOf } from './bulk-reply.ts';
import type { TransportOptions } from './http-client.ts';
import { HttpClient } from './http-client.ts';

export interface Transport {
  readonly send: Send<Failure>;
  readonly ping: Ping<Failure>;
  /** Describes the failure of an attempt, for people. */
  readonly describe: (failure: Failure) => FailureDescription;
  /** Takes every token that was sent lately out of a text. */
  readonly redact: (text: string) => string;
}

/** Bytes of a request around the texts of its items, and between two of them. */
export const envelopeBytes: number = '{"items":[]}'.length;
export const separatorBytes: number = ','.length;

const head = new TextEncoder().encode('{"items":[');
const tail = new TextEncoder().encode(']}');
const comma = 0x2c;

/** Sends batches to POST /api/v1/bulk: one attempt each, the answer as data. */
export function createTransport(options: TransportOptions, clock: Clock): Transport {
  const http = new HttpClient(options, clock);
  const { tokens } = http;
  return {
    redact: tokens.redact,
    describe(failure) {
      // A token function may recover, but nothing is sent until then: so it is reported as lasting.
      const lasting = failure.kind === 'token' || 'lasting' in failure;
      return { cause: inWords(failure, tokens.redact), lasting };
    },
    async send(batch, sendOptions) {
      const result = await http.exchange('/api/v1/bulk', bodyOf(batch), sendOptions);
      if (result.kind === 'response') return replyOf(batch, result, tokens);
      if (result.kind === 'token' || ('unsent' in result && result.unsent)) {
        return { kind: 'unsent', failure: result };
      }
      const overload = result.kind === 'timeout';
      return { kind: 'lost', status: undefined, failure: result, overload };
    },
    async ping(sendOptions) {
      const result = await http.exchange('/api/v1/ping', undefined, sendOptions);
      const failure = result.kind === 'response' ? pingFailureOf(result, tokens) : result;
      return failure === undefined || { failure };
    },
  };
}

function bodyOf(batch: Batch): Uint8Array<ArrayBuffer> | string {
  if (batch.writeTo === undefined) return `{"items":[${batch.texts.join(',')}]}`;
  const body = new Uint8Array(batch.bytes);
  body.set(head);
  batch.writeTo(body, head.length, comma);
  body.set(tail, body.length - tail.length);
  return body;
}
