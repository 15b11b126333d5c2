import type { Batch, Ping, Reply, Send, SendOptions, Trouble } from '../coalescer/index.ts';
import { ownField, readErrorAnswer, snippetOf } from '../errors/answer.ts';
import type { Failure } from '../errors/failure.ts';
import { inWords } from '../errors/words.ts';
import type { Clock } from '../internal/clock.ts';
import { pauseOf } from '../internal/pause.ts';
import { ALREADY_USED, saysIdIsTaken } from '../schemas/output.ts';
import { maxAnswerBytes } from './body.ts';
import type { HttpOptions } from './http.ts';
import { Http } from './http.ts';
import { readOutputs } from './read-outputs.ts';
import type { Answer } from './sender.ts';

export interface Transport {
  readonly send: Send<Failure>;
  readonly ping: Ping<Failure>;
  /** Puts what an attempt met in words, for people. */
  readonly describe: (failure: Failure) => Trouble;
  /** Takes every token that was sent lately out of a text. */
  readonly redact: (text: string) => string;
}

/** Bytes of a request around the texts of its items, and between two of them. */
export const envelopeBytes: number = '{"items":[]}'.length;
export const separatorBytes: number = ','.length;

const head = new TextEncoder().encode('{"items":[');
const tail = new TextEncoder().encode(']}');
const comma = 0x2c;

/** Sends batches over POST /api/v1/bulk: one attempt each, the answer as data. Decides nothing. */
export function createTransport(options: HttpOptions, clock: Clock): Transport {
  const http = new Http({ ...options, clock });
  const redact = (text: string): string => http.auth.redact(text);
  return {
    redact,
    describe(failure) {
      // A token function that fails may come round; but nothing is sent till then, and somebody should know.
      const lasting = failure.kind === 'token' || 'lasting' in failure;
      return { cause: inWords(failure, redact), lasting };
    },
    async send(batch: Batch, sendOptions: SendOptions): Promise<Reply<Failure>> {
      const result = await http.exchange('/api/v1/bulk', bodyOf(batch), sendOptions);
      switch (result.kind) {
        case 'answer':
          return toReply(batch, result, redact, http.auth.mayChange);
        case 'token':
          return { kind: 'unsent', failure: result };
        default: {
          if ('unsent' in result && result.unsent) return { kind: 'unsent', failure: result };
          const overload = result.kind === 'timeout';
          return { kind: 'lost', status: undefined, failure: result, overload };
        }
      }
    },
    async ping(sendOptions: SendOptions): Promise<true | { readonly failure: Failure }> {
      const result = await http.exchange('/api/v1/ping', undefined, sendOptions);
      if (result.kind !== 'answer') return { failure: result };
      return isAnswerToPing(result) || { failure: failureOf(result, parsedOf(result), redact) };
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

function toReply(
  batch: Batch,
  answer: Answer,
  redact: (text: string) => string,
  tokenMayChange: boolean,
): Reply<Failure> {
  const { status, text, isWhole } = answer;
  const isSuccess = status >= 200 && status < 300;
  // In the order of the batch, where it is the engine's: whoever packs one gets what the wire has.
  if (isSuccess && isWhole && batch.writeTo !== undefined) {
    const outputs = readOutputs(text, batch.keys);
    if (outputs !== undefined) return { kind: 'answered', status, outputs };
  }
  const body = parsedOf(answer);
  const outputs = isSuccess ? ownField(body, 'outputs') : undefined;
  if (isRecord(outputs)) return { kind: 'answered', status, outputs };
  return toSetback(answer, body, redact, tokenMayChange);
}

/** What an answer means that has no outputs. */
function toSetback(
  answer: Answer,
  body: unknown,
  redact: (text: string) => string,
  tokenMayChange: boolean,
): Reply<Failure> {
  const { status } = answer;
  const failure = failureOf(answer, body, redact);
  if (failure.kind === 'contract') {
    return { kind: 'lost', status, failure, ...(!answer.isWhole && { oversized: true }) };
  }
  const { apiCode, errors } = failure;
  const afterMs = pauseOf(answer.headers, body);
  if (status === 429) {
    return { kind: 'busy', status, failure, afterMs, maybeApplied: false };
  }
  // A server that names a time is up, and says no for now; whether it did the work first is unknown.
  if (status === 503 && afterMs !== undefined) {
    return { kind: 'busy', status, failure, afterMs, maybeApplied: true };
  }
  if (isRedirect(status) || isRefusal(status)) {
    const blame = blameOf(status, tokenMayChange);
    // wire.md 6.1: 409 with `invalid_action` is about the state of what is there.
    const exists =
      status === 409
        ? apiCode !== 'invalid_action'
        : apiCode === ALREADY_USED || (blame === 'items' && saysIdIsTaken(apiCode, errors));
    return { kind: 'refused', status, failure, exists, blame };
  }
  return { kind: 'lost', status, failure, overload: status === 503 };
}

/** What an answer says that cannot be used. */
function failureOf(
  answer: Answer,
  body: unknown,
  redact: (text: string) => string,
): Extract<Failure, { kind: 'status' | 'contract' }> {
  const { status, text } = answer;
  if (isSuccess(status)) {
    const bodySnippet = snippetOf(text, redact);
    return { kind: 'contract', status, problem: problemOf(answer, body), bodySnippet };
  }
  const said = readErrorAnswer(body, redact);
  const message = said.message ?? (body === undefined ? snippetOf(text, redact) : undefined);
  return { kind: 'status', status, ...said, message };
}

/**
 * Whether it is the API that answers, and not a page in its place. What its ping says is *unknown*
 * (wire.md 1), so beside JSON a word or two will do: who takes too little for an answer never asks again.
 */
function isAnswerToPing(answer: Answer): boolean {
  const { status, text } = answer;
  if (!isSuccess(status)) return isRefusal(status);
  return parsedOf(answer) !== undefined || /^[\w .!]{0,40}$/.test(text.trim());
}

/** Whether one of the items, their number or size, or the token may be to blame (wire.md 6.1, 10). */
function blameOf(
  status: number,
  tokenMayChange: boolean,
): 'items' | 'bytes' | 'attempt' | undefined {
  if (status === 400 || status === 422) return 'items';
  if (status === 413) return 'bytes';
  return tokenMayChange && (status === 401 || status === 403) ? 'attempt' : undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** A definite no: all of 4xx but those that say the request did not get through. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425;
}

function problemOf({ isWhole }: Answer, body: unknown): string {
  if (!isWhole) {
    return `is larger than ${maxAnswerBytes} bytes`;
  }
  return body === undefined ? 'is no JSON' : 'has no outputs';
}

function parsedOf({ text, isWhole }: Answer): unknown {
  if (!isWhole) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
