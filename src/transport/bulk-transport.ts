import type { Batch, Ping, Reply, Send, SendOptions, Trouble } from '../coalescer/index.ts';
import { ownField, readErrorAnswer, snippetOf } from '../errors/error-answer.ts';
import type { Failure } from '../errors/failure.ts';
import { inWords } from '../errors/failure-words.ts';
import type { Clock } from '../lib/clock.ts';
import { pauseOf } from '../lib/retry-after.ts';
import { ALREADY_USED, saysIdIsTaken } from '../schemas/output.ts';
import type { HttpOptions } from './http.ts';
import { Http } from './http.ts';
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
  const requestId = (): string | undefined => requestIdOf(answer, redact);
  // In the order of the batch, where it is the engine's: whoever packs one gets what the wire has.
  if (isSuccess && isWhole && batch.writeTo !== undefined) {
    const outputs = readOutputs(text, batch.keys);
    if (outputs !== undefined) return { kind: 'answered', status, outputs, requestId };
  }
  const body = parsedOf(answer);
  const outputs = isSuccess ? ownField(body, 'outputs') : undefined;
  if (isRecord(outputs)) return { kind: 'answered', status, outputs, requestId };
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
    // A 409 with `invalid_action` (docs/internals/api.md, "Error codes") is about the state of what is there.
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
  const requestId = requestIdOf(answer, redact);
  if (isSuccess(status)) {
    const bodySnippet = snippetOf(text, redact);
    return { kind: 'contract', status, requestId, problem: problemOf(answer, body), bodySnippet };
  }
  const said = readErrorAnswer(body, redact);
  const apiMessage = said.apiMessage ?? (body === undefined ? snippetOf(text, redact) : undefined);
  return { kind: 'status', status, requestId, ...said, apiMessage };
}

/**
 * Whether it is the API that answers, and not a page in its place. What its ping says is *unknown*
 * (docs/internals/api.md, "Connection"), so beside JSON a word or two will do: who takes too little for an answer never
 * asks again.
 */
function isAnswerToPing(answer: Answer): boolean {
  const { status, text } = answer;
  if (!isSuccess(status)) return isRefusal(status);
  return parsedOf(answer) !== undefined || /^[\w .!]{0,40}$/.test(text.trim());
}

/** Whether one of the items, their number or size, or the token may be to blame (docs/internals/api.md, "Limits"). */
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

function problemOf(
  { isWhole }: Answer,
  body: unknown,
): Extract<Failure, { kind: 'contract' }>['problem'] {
  if (!isWhole) return 'too large';
  return body === undefined ? 'no JSON' : 'no outputs';
}

/** By which header a server names a request, if at all, no page of the API says; these two are usual. */
function requestIdOf({ headers }: Answer, redact: (text: string) => string): string | undefined {
  try {
    const id = headers.get('x-request-id') || headers.get('request-id');
    return id ? snippetOf(id, redact) : undefined;
  } catch {
    // The headers of a `fetch` option may be anything.
    return undefined;
  }
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

/** What stands before and behind the outputs of an answer, whose status may come first or last. */
const HEADS = ['{"status":"success","outputs":{', '{"outputs":{'];
const TAILS = ['}}', '},"status":"success"}'];

/** A key that stands between its quotes as it is. */
const PLAIN_KEY = /^[^"\\\p{Cc}]*$/u;

/**
 * The outputs in an answer, each read by itself, as a list in the order of these keys. Undefined where the
 * answer is not just that: the outputs of the first so many of them, in whatever order, without a space
 * between. Then `JSON.parse` of the whole will tell; it makes a hidden class for each key that it has never
 * seen, so a map of new keys takes half as long again as its outputs.
 *
 * What is found is what the whole would say: the text is a head, then `"key":piece` with commas between, then
 * a tail, since that is how it was cut. Each piece is JSON by itself, and no key comes twice. A text of such
 * parts is JSON, and JSON can be read in one way only. Where it was cut wrongly, some piece is no JSON.
 */
export function readOutputs(text: string, keys: readonly string[]): unknown[] | undefined {
  const head = HEADS.find((one) => text.startsWith(one));
  const tail = TAILS.find((one) => text.endsWith(one));
  if (head === undefined || tail === undefined) return undefined;
  const end = text.length - tail.length;
  const outputs: unknown[] = [];
  const places = new Places(keys);
  let read = 0;
  let at = head.length;
  let place = text[at] === '"' ? places.at(text, at + 1) : undefined;
  for (; at < end; read++) {
    // Of a key that comes twice, JSON.parse takes the last.
    if (place === undefined || outputs[place] !== undefined) return undefined;
    const pieceAt = at + `"${keys[place]}":`.length;
    let pieceEnd = end;
    let next: number | undefined;
    // An object ends there, and a key of the batch follows, if one is left. No part of the text is looked at twice.
    for (let from = pieceAt; next === undefined && read + 1 < keys.length; from++) {
      from = text.indexOf('},"', from);
      if (from === -1 || from >= end) break;
      next = places.at(text, from + '},"'.length);
      if (next !== undefined) pieceEnd = from + '}'.length;
    }
    try {
      outputs[place] = JSON.parse(text.slice(pieceAt, pieceEnd));
    } catch {
      return undefined;
    }
    at = pieceEnd + ','.length;
    place = next;
  }
  return outputs.length === read ? outputs : undefined;
}

/** Finds the keys of a batch in a text, and says which they are. */
class Places {
  readonly #keys: readonly string[];
  /** That of the key that was found last: the next one mostly follows it, if the server keeps the order. */
  #last = -1;
  #byKey: ReadonlyMap<string, number> | undefined;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The place of the key that stands there, after its first quote; undefined for any other text. */
  at(text: string, start: number): number | undefined {
    const next = this.#keys[this.#last + 1];
    if (next !== undefined && PLAIN_KEY.test(next) && text.startsWith(`${next}":`, start)) {
      return ++this.#last;
    }
    this.#byKey ??= new Map(this.#keys.map((key, place) => [key, place]));
    const key = text.slice(start, text.indexOf('"', start));
    const place = this.#byKey.get(key);
    const isKey =
      place !== undefined && text[start + key.length + 1] === ':' && PLAIN_KEY.test(key);
    if (!isKey) return undefined;
    this.#last = place;
    return place;
  }
}
