import type { Batch, Ping, Reply, Send, SendOptions } from '../coalescer/ports.ts';
import { ownField, readErrorAnswer, snippetOf } from '../errors/answer.ts';
import type { Failure } from '../errors/failure.ts';
import type { Clock } from '../internal/clock.ts';
import { Patience } from '../internal/patience.ts';
import { pauseOf } from '../internal/pause.ts';
import { ALREADY_USED, saysIdIsTaken } from '../schemas/output.ts';
import { maxAnswerBytes } from './body.ts';
import type { HttpOptions } from './http.ts';
import { Http } from './http.ts';
import type { Answer } from './sender.ts';

export interface Transport {
  readonly send: Send<Failure>;
  readonly ping: Ping;
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
  const http = new Http(options, new Patience(clock));
  const redact = (text: string): string => http.auth.redact(text);
  return {
    redact,
    async send(batch: Batch, sendOptions: SendOptions): Promise<Reply<Failure>> {
      const result = await http.exchange('/api/v1/bulk', bodyOf(batch), sendOptions);
      switch (result.kind) {
        case 'answer':
          return toReply(result, redact, http.auth.mayChange);
        case 'token':
          return { kind: 'unsent', failure: result };
        default: {
          if ('unsent' in result && result.unsent) return { kind: 'unsent', failure: result };
          const overload = result.kind === 'timeout';
          return { kind: 'lost', status: undefined, failure: result, overload };
        }
      }
    },
    async ping(sendOptions: SendOptions): Promise<boolean> {
      const result = await http.exchange('/api/v1/ping', undefined, sendOptions);
      return result.kind === 'answer' && (isSuccess(result.status) || isRefusal(result.status));
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
  answer: Answer,
  redact: (text: string) => string,
  tokenMayChange: boolean,
): Reply<Failure> {
  const { status } = answer;
  const body = answer.isWhole ? parsed(answer.text) : undefined;
  if (isSuccess(status)) {
    const outputs = ownField(body, 'outputs');
    if (isRecord(outputs)) {
      return { kind: 'answered', status, outputs };
    }
    const problem = problemOf(answer, body);
    const bodySnippet = snippetOf(answer.text, redact);
    const failure: Failure = { kind: 'contract', status, problem, bodySnippet };
    return { kind: 'lost', status, failure, ...(!answer.isWhole && { oversized: true }) };
  }
  const said = readErrorAnswer(body, redact);
  const message = said.message ?? (body === undefined ? snippetOf(answer.text, redact) : undefined);
  const failure: Failure = { kind: 'status', status, ...said, message };
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
        ? said.apiCode !== 'invalid_action'
        : said.apiCode === ALREADY_USED ||
          (blame === 'items' && saysIdIsTaken(said.apiCode, said.errors));
    return { kind: 'refused', status, failure, exists, blame };
  }
  return { kind: 'lost', status, failure, overload: status === 503 };
}

/** Whether one of the items, their number or size, or the token may be to blame (wire.md 6.1, 10). */
function blameOf(
  status: number,
  tokenMayChange: boolean,
): 'items' | 'bytes' | 'access' | undefined {
  if (status === 400 || status === 422) return 'items';
  if (status === 413) return 'bytes';
  return tokenMayChange && (status === 401 || status === 403) ? 'access' : undefined;
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
