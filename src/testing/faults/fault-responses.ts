// What a fault looks like on the wire.

import { codeOfStatus, errorOutput, requestNotValid } from '../wire/error-output.ts';
import type { Answer, EmulatedItem, FullAnswer, Output } from '../wire/items.ts';
import { jsonAnswer } from '../wire/items.ts';
import { matches } from './fault-injector.ts';
import type { Fault } from './fault-types.ts';

type StatusFault = Fault & { readonly kind: 'status' };

const HTML =
  '<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body>Try again later.</body></html>\n';
const CHUNK_BYTES = 64 * 1024;
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [401, 'The token is not valid'],
  [403, 'The token may not do this'],
  [404, 'Not found'],
  [413, 'The request is too large'],
  [429, 'Slow down'],
  [500, 'Something went wrong'],
  [503, 'Try again later'],
]);

/**
 * The answer of a fault that replaces the work's own; `undefined` if it leaves that in place.
 *
 * @param nowMs The emulator's time, which a `Retry-After` that is a date is counted from.
 */
export function answerInstead(fault: Fault, nowMs: number): Answer | undefined {
  switch (fault.kind) {
    case 'dropBefore':
    case 'dropAfter':
      return { kind: 'drop' };
    case 'html':
      return {
        kind: 'full',
        status: fault.status ?? 502,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: HTML,
      };
    case 'endless':
      return {
        kind: 'endless',
        status: fault.status ?? 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        chunk: ' '.repeat(CHUNK_BYTES),
      };
    case 'status':
      return statusAnswer(fault, nowMs);
    case 'delay':
    case 'dropMiddle':
    case 'truncate':
    case 'omit':
    case 'extra':
    case 'wrongId':
      return undefined;
    default:
      return fault satisfies never;
  }
}

/** Whether the work is done although its own answer will not be given. */
export function worksFirst(fault: Fault): boolean {
  switch (fault.kind) {
    case 'dropAfter':
      return true;
    case 'html':
    case 'endless':
    case 'status':
      return fault.afterWork ?? false;
    case 'dropBefore':
    case 'delay':
    case 'dropMiddle':
    case 'truncate':
    case 'omit':
    case 'extra':
    case 'wrongId':
      return false;
    default:
      return fault satisfies never;
  }
}

/** Damages an answer that was right. */
export function damage(fault: Fault | undefined, answer: FullAnswer): Answer {
  if (fault?.kind === 'truncate') {
    const length = fault.length ?? Math.floor(answer.body.length / 2);
    return { ...answer, body: answer.body.slice(0, length) };
  }
  return fault?.kind === 'dropMiddle' ? { ...answer, kind: 'cut' } : answer;
}

/** Whose output is left out: its index, or -1. */
export function omittedItem(fault: Fault | undefined, items: readonly EmulatedItem[]): number {
  if (fault?.kind !== 'omit') return -1;
  const { item: match } = fault;
  return match === undefined ? 0 : items.findIndex((item) => matches(match, item));
}

/** Whose success names a wrong id: its index, or -1. */
export function misnamedItem(
  fault: Fault | undefined,
  items: readonly EmulatedItem[],
  outputs: readonly (Output | undefined)[],
): number {
  if (fault?.kind !== 'wrongId') return -1;
  const { item: match } = fault;
  return items.findIndex((item, i) => {
    const output = outputs[i];
    return (
      output?.status === 'success' &&
      output.details?.['id'] !== undefined &&
      (match === undefined || matches(match, item))
    );
  });
}

/** The same success under another id. */
export function misnamed(output: Output, id: string): Output {
  return output.status === 'success' ? { ...output, details: { ...output.details, id } } : output;
}

function statusAnswer(fault: StatusFault, nowMs: number): FullAnswer {
  const { status, retryAfter } = fault;
  const headers: Record<string, string> = { ...fault.headers };
  if (retryAfter !== undefined) {
    headers['retry-after'] =
      retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  }
  if (fault.location !== undefined) headers['location'] = fault.location;
  if (fault.body !== undefined) return { kind: 'full', status, headers, body: fault.body };
  // What a refused request looks like: docs/internals/api.md, "Error body"; a fault's own words go before it.
  if (
    status === 422 &&
    fault.code === undefined &&
    fault.message === undefined &&
    fault.errors === undefined
  ) {
    const refused = requestNotValid('items', 'required_value', 'one or more items are incomplete');
    return jsonAnswer(status, refused, headers);
  }
  const { code = codeOfStatus(status), errors } = fault;
  const message = fault.message ?? MESSAGES.get(status) ?? `Answer ${status} of the emulator`;
  const retryAfterMs =
    fault.retryAfterMs ?? (code === 'rate_limited' ? waitOf(retryAfter, nowMs) : undefined);
  return jsonAnswer(status, errorOutput(code, message, { errors, retryAfterMs }), headers);
}

/** The wait in milliseconds; undefined where a text says it, which may be none that can be read. */
function waitOf(retryAfter: StatusFault['retryAfter'], nowMs: number): number | undefined {
  if (typeof retryAfter === 'number') return retryAfter * 1_000;
  return retryAfter instanceof Date ? Math.max(0, retryAfter.getTime() - nowMs) : undefined;
}
