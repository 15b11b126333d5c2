import type { Batch, FailureDescription, Ping, Reply, Send } from '../coalescer/index.ts';
import { answerTextOf } from '../errors/answer-texts.ts';
import { ALREADY_USED, isRedirect, readErrorAnswer, saysIdIsTaken } from '../errors/api-error.ts';
import type { AttemptFailure } from '../errors/attempt-failure.ts';
import { inWords } from '../errors/attempt-failure.ts';
import type { Clock } from '../lib/clock.ts';
import { isObject, own } from '../lib/own-fields.ts';
import type { Redact } from '../lib/snippets.ts';
import { snippetOf } from '../lib/snippets.ts';
import { utf8Encoder } from '../lib/text-arena.ts';
import { tried } from '../lib/user-code.ts';
import type { TokenSource } from './api-token.ts';
import type { HttpClientOptions } from './http-client.ts';
import { HttpClient } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';
import { parsedBody } from './response-body.ts';
import { pauseMsOf } from './retry-after.ts';

export interface Transport {
  readonly send: Send<AttemptFailure>;
  readonly ping: Ping<AttemptFailure>;
  /** Describes the failure of an attempt, for people. */
  readonly describe: (failure: AttemptFailure) => FailureDescription;
  /** Takes every token that was sent lately out of a text. */
  readonly redact: Redact;
  /** Puts the names of SDKs whose calls we carry in front of ours, in the header that names them. */
  readonly nameSdks: (names: readonly string[]) => void;
  /** Where batches go, and with which headers, for another process; undefined where it could not go that way. */
  readonly bulkEndpoint: () => BulkEndpoint | undefined;
}

export interface BulkEndpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bytes of a request around the texts of its items, and between two of them. */
export const envelopeBytes: number = '{"items":[]}'.length;
export const separatorBytes: number = ','.length;

const bulkPath = '/api/v1/bulk';

const bodyHead = utf8Encoder.encode('{"items":[');
const bodyTail = utf8Encoder.encode(']}');
const separatorByte = 0x2c;

/** Sends batches to POST /api/v1/bulk: one attempt each, the answer as data. */
export function createTransport(options: HttpClientOptions, clock: Clock): Transport {
  const http = new HttpClient(options, clock);
  const { tokens } = http;
  return {
    redact: tokens.redact,
    nameSdks: (names) => http.nameSdks(names),
    bulkEndpoint() {
      const headers = http.headersElsewhere();
      return headers && { url: options.apiUrl + bulkPath, headers };
    },
    describe(failure) {
      // A token function may recover, but nothing is sent until then: so it is reported as lasting.
      const lasting = failure.kind === 'token' || 'lasting' in failure;
      return { cause: inWords(failure, tokens.redact), lasting };
    },
    async send(batch, sendOptions) {
      const result = await http.exchange(bulkPath, bodyOf(batch), sendOptions);
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
  body.set(bodyHead);
  batch.writeTo(body, bodyHead.length, separatorByte);
  body.set(bodyTail, body.length - bodyTail.length);
  return body;
}

/** What a response says of a batch, as data for the engine. */
function replyOf(batch: Batch, response: HttpResponse, tokens: TokenSource): Reply<AttemptFailure> {
  const { status, text, isWhole } = response;
  const requestId = (): string | undefined => requestIdOf(response, tokens.redact);
  // In the order of the batch only for the engine's own: those who pack batches get the map of the wire.
  if (isSuccess(status) && isWhole && batch.writeTo !== undefined) {
    const outputs = readOutputs(text, batch.keys);
    if (outputs !== undefined) return { kind: 'answered', status, outputs, requestId };
  }
  const body = parsedBody(response);
  const outputs = isSuccess(status) ? own(body, 'outputs') : undefined;
  if (isObject(outputs)) return { kind: 'answered', status, outputs, requestId };
  return errorReply(response, body, tokens);
}

/** What it says where it has no outputs. */
function errorReply(
  response: HttpResponse,
  body: unknown,
  tokens: TokenSource,
): Reply<AttemptFailure> {
  const { status, headers, isWhole } = response;
  const failure = failureOf(response, body, tokens.redact);
  if (failure.kind === 'contract') {
    return { kind: 'lost', status, failure, ...(!isWhole && { oversized: true }) };
  }
  const { apiCode, errors } = failure;
  const afterMs = pauseMsOf(headers, body);
  // A 503 with Retry-After is a pause, too; whether the server did the work first is unknown.
  if (status === 429 || (status === 503 && afterMs !== undefined)) {
    return { kind: 'busy', status, failure, afterMs, maybeApplied: status === 503 };
  }
  if (isRedirect(status) || isRefusal(status)) {
    const blame = blameOf(status, tokens.mayChange);
    // A 409 with `invalid_action` (docs/internals/api.md, "Error codes") is about the state of what is there.
    const exists =
      status === 409
        ? apiCode !== 'invalid_action'
        : apiCode === ALREADY_USED || (blame === 'items' && saysIdIsTaken(apiCode, errors));
    const answerText = answerTextOf(response.text, tokens.redact);
    return { kind: 'refused', status, failure: { ...failure, answerText }, exists, blame };
  }
  return { kind: 'lost', status, failure, overload: status === 503 };
}

/** Why a ping got no usable answer; undefined where it got one. */
function pingFailureOf(response: HttpResponse, tokens: TokenSource): AttemptFailure | undefined {
  const { status, text } = response;
  const body = parsedBody(response);
  // What the API's ping says is *unknown* (docs/internals/api.md, "Connection"). So beside JSON a word or two
  // will do, but not a page: a client that takes too little for an answer never sends again.
  const isAnswer = isSuccess(status)
    ? body !== undefined || /^[\w .!]{0,40}$/.test(text.trim())
    : isRefusal(status);
  return isAnswer ? undefined : failureOf(response, body, tokens.redact);
}

/** What a response says that cannot be used. */
function failureOf(
  response: HttpResponse,
  body: unknown,
  redact: Redact,
): Extract<AttemptFailure, { kind: 'status' | 'contract' }> {
  const { status, text, isWhole } = response;
  const requestId = requestIdOf(response, redact);
  if (isSuccess(status)) {
    const lack = body === undefined ? 'no JSON' : 'no outputs';
    const problem = isWhole ? lack : 'too large';
    return { kind: 'contract', status, requestId, problem, bodySnippet: snippetOf(text, redact) };
  }
  const said = readErrorAnswer(body, redact);
  const apiMessage = said.apiMessage ?? (body === undefined ? snippetOf(text, redact) : undefined);
  return { kind: 'status', status, requestId, ...said, apiMessage };
}

/** No page of the API says which header, if any, names a request; these two are usual. */
function requestIdOf({ headers }: HttpResponse, redact: Redact): string | undefined {
  // The headers of a `fetch` option may be anything.
  const id = tried(() => headers.get('x-request-id') || headers.get('request-id'));
  return id ? snippetOf(id, redact) : undefined;
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

/** All of 4xx but those that say the request did not get through. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425;
}

/** The text before and after the outputs: the status may come first or last. */
const OUTPUTS_HEADS = ['{"status":"success","outputs":{', '{"outputs":{'];
const OUTPUTS_TAILS = ['}}', '},"status":"success"}'];

/** A key that JSON writes without escapes. */
const PLAIN_KEY = /^[^"\\\p{Cc}]*$/u;

/**
 * The outputs of an answer, each parsed by itself, as a list in the order of these keys. Undefined where the
 * answer has any other form than the outputs of the first so many keys, in any order, without a space between;
 * then `JSON.parse` of the whole decides. That makes a hidden class for each new key, so a map of outputs
 * takes half as long again as the outputs by themselves.
 *
 * The result is what `JSON.parse` would give: the text is a head, then `"key":piece` with commas between, then
 * a tail. Each piece is JSON by itself and no key comes twice, so the whole is JSON, which can be read in one
 * way only. Where the text was cut wrongly, some piece is no JSON.
 */
export function readOutputs(text: string, keys: readonly string[]): unknown[] | undefined {
  const head = OUTPUTS_HEADS.find((one) => text.startsWith(one));
  const tail = OUTPUTS_TAILS.find((one) => text.endsWith(one));
  if (head === undefined || tail === undefined) return undefined;
  const end = text.length - tail.length;
  const outputs: unknown[] = [];
  const finder = new OutputKeyFinder(keys);
  let read = 0;
  let at = head.length;
  let index = text[at] === '"' ? finder.indexAt(text, at + 1) : undefined;
  for (; at < end; read++) {
    // Of a key that comes twice, JSON.parse takes the last.
    if (index === undefined || outputs[index] !== undefined) return undefined;
    const pieceAt = at + `"${keys[index]}":`.length;
    let pieceEnd = end;
    let next: number | undefined;
    // The piece ends where an object ends and a key of the batch follows. No part of the text is searched twice.
    for (let from = pieceAt; next === undefined && read + 1 < keys.length; from++) {
      from = text.indexOf('},"', from);
      if (from === -1 || from >= end) break;
      next = finder.indexAt(text, from + '},"'.length);
      if (next !== undefined) pieceEnd = from + '}'.length;
    }
    try {
      outputs[index] = JSON.parse(text.slice(pieceAt, pieceEnd));
    } catch {
      return undefined;
    }
    at = pieceEnd + ','.length;
    index = next;
  }
  return outputs.length === read ? outputs : undefined;
}

/** Finds the keys of a batch in a text. */
class OutputKeyFinder {
  readonly #keys: readonly string[];
  /** Index of the last key found. Mostly the next one follows, since the server keeps the order. */
  #last = -1;
  #indexes: ReadonlyMap<string, number> | undefined;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The index of the key that begins at `start`, after its quote; undefined for any other text. */
  indexAt(text: string, start: number): number | undefined {
    const next = this.#keys[this.#last + 1];
    if (next !== undefined && PLAIN_KEY.test(next) && text.startsWith(`${next}":`, start)) {
      return ++this.#last;
    }
    this.#indexes ??= new Map(this.#keys.map((key, index) => [key, index]));
    const key = text.slice(start, text.indexOf('"', start));
    const index = this.#indexes.get(key);
    const isKey =
      index !== undefined && text[start + key.length + 1] === ':' && PLAIN_KEY.test(key);
    if (!isKey) return undefined;
    this.#last = index;
    return index;
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
