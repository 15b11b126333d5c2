import type { Batch, Reply } from '../coalescer/index.ts';
import { readErrorAnswer, snippetOf } from '../errors/error-answer.ts';
import type { Failure } from '../errors/failure.ts';
import { own } from '../lib/own.ts';
import { isObject } from '../schemas/check.ts';
import { ALREADY_USED, saysIdIsTaken } from '../schemas/output.ts';
import type { TokenSource } from './api-token.ts';
import { readOutputs } from './bulk-outputs.ts';
import { pauseMsOf } from './retry-after.ts';
import type { HttpResponse } from './sender.ts';

/** What a response says of a batch, as data for the engine. */
export function replyOf(batch: Batch, response: HttpResponse, tokens: TokenSource): Reply<Failure> {
  const { status, text, isWhole } = response;
  const requestId = (): string | undefined => requestIdOf(response, tokens.redact);
  // In the order of the batch only for the engine's own: those who pack batches get the map of the wire.
  if (isSuccess(status) && isWhole && batch.writeTo !== undefined) {
    const outputs = readOutputs(text, batch.keys);
    if (outputs !== undefined) return { kind: 'answered', status, outputs, requestId };
  }
  const body = parsedOf(response);
  const outputs = isSuccess(status) ? own(body, 'outputs') : undefined;
  if (isObject(outputs)) return { kind: 'answered', status, outputs, requestId };
  return withoutOutputs(response, body, tokens);
}

function withoutOutputs(
  response: HttpResponse,
  body: unknown,
  tokens: TokenSource,
): Reply<Failure> {
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
    return { kind: 'refused', status, failure, exists, blame };
  }
  return { kind: 'lost', status, failure, overload: status === 503 };
}

/** Why a ping got no usable answer; undefined where it got one. */
export function pingFailureOf(response: HttpResponse, tokens: TokenSource): Failure | undefined {
  const { status, text } = response;
  const body = parsedOf(response);
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
  redact: (text: string) => string,
): Extract<Failure, { kind: 'status' | 'contract' }> {
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
function requestIdOf(
  { headers }: HttpResponse,
  redact: (text: string) => string,
): string | undefined {
  try {
    const id = headers.get('x-request-id') || headers.get('request-id');
    return id ? snippetOf(id, redact) : undefined;
  } catch {
    // The headers of a `fetch` option may be anything.
    return undefined;
  }
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

/** All of 4xx but those that say the request did not get through. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425;
}

function parsedOf({ text, isWhole }: HttpResponse): unknown {
  if (!isWhole) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
