// What a fault looks like on the wire.

import type { EmulatedResponse, FullResponse } from '../http/request-response.ts';
import { jsonResponse, textResponse } from '../http/request-response.ts';
import type { ItemOutput } from '../wire/action-results.ts';
import { codeOfStatus, errorOutput, requestNotValid } from '../wire/errors.ts';
import { matches } from './fault-injector.ts';
import type { Fault } from './fault-types.ts';

type StatusFault = Fault & { readonly kind: 'status' };

const BAD_GATEWAY_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body>Try again later.</body></html>\n';
const FAULT_MESSAGES: ReadonlyMap<number, string> = new Map([
  [401, 'The token is not valid'],
  [403, 'The token may not do this'],
  [404, 'Not found'],
  [413, 'The request is too large'],
  [429, 'Slow down'],
  [500, 'Something went wrong'],
  [503, 'Try again later'],
]);

/**
 * The response that replaces the server's own, if the fault is of that kind.
 *
 * @param nowMs The emulator's time, from which a `Retry-After` that is a date is counted.
 */
export function responseInstead(
  fault: Fault | undefined,
  nowMs: number,
): EmulatedResponse | undefined {
  switch (fault?.kind) {
    case 'dropBefore':
    case 'dropAfter':
      return { kind: 'drop' };
    case 'html':
      return textResponse(fault.status ?? 502, BAD_GATEWAY_PAGE, {
        'content-type': 'text/html; charset=utf-8',
      });
    case 'endless':
      return {
        kind: 'endless',
        status: fault.status ?? 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        chunk: ' '.repeat(64 * 1024),
      };
    case 'status':
      return statusResponse(fault, nowMs);
    default:
      return undefined;
  }
}

export function damage(fault: Fault | undefined, response: EmulatedResponse): EmulatedResponse {
  if (response.kind !== 'full') return response;
  if (fault?.kind === 'truncate') {
    const length = fault.length ?? Math.floor(response.body.length / 2);
    return { ...response, body: response.body.slice(0, length) };
  }
  return fault?.kind === 'dropMiddle' ? { ...response, kind: 'cut' } : response;
}

/** Changes the id in one success, if the fault is of that kind. */
export function misname(
  fault: Fault | undefined,
  outputs: readonly ItemOutput[],
  newId: () => string,
): void {
  if (fault?.kind !== 'wrongId') return;
  for (const one of outputs) {
    const { item, output } = one;
    if (output.status !== 'success' || output.details?.['id'] === undefined) continue;
    if (!matches(fault.item, item)) continue;
    one.output = { ...output, details: { ...output.details, id: newId() } };
    return;
  }
}

function statusResponse(fault: StatusFault, nowMs: number): FullResponse {
  const { status, retryAfter, location, message, errors } = fault;
  const wait = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  const headers = {
    ...fault.headers,
    ...(retryAfter !== undefined && { 'retry-after': wait }),
    ...(location !== undefined && { location }),
  };
  if (fault.body !== undefined) return { kind: 'full', status, headers, body: fault.body };
  // By default a 422 looks like a refused request (docs/internals/api.md, "Error body").
  if (status === 422 && (fault.code ?? message ?? errors) === undefined) {
    const refused = requestNotValid('items', 'required_value', 'one or more items are incomplete');
    return jsonResponse(status, refused, headers);
  }
  const code = fault.code ?? codeOfStatus(status);
  const retryAfterMs =
    fault.retryAfterMs ?? (code === 'rate_limited' ? waitOf(retryAfter, nowMs) : undefined);
  const said = message ?? FAULT_MESSAGES.get(status) ?? `Answer ${status} of the emulator`;
  return jsonResponse(status, errorOutput(code, said, { errors, retryAfterMs }), headers);
}

/** In milliseconds; `undefined` for a text, which may be no number and no date. */
function waitOf(retryAfter: StatusFault['retryAfter'], nowMs: number): number | undefined {
  if (typeof retryAfter === 'number') return retryAfter * 1_000;
  return retryAfter instanceof Date ? Math.max(0, retryAfter.getTime() - nowMs) : undefined;
}
