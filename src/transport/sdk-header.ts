import { isObjectLike } from '../lib/value-checks.ts';
import { VERSION } from '../lib/version.ts';

/** Names the packages by which a request was made (docs/internals/api.md, "Connection"). */
export const SDK_HEADER = 'x-prefactor-sdk';
const ownName = 'prefactor-autobatch@';

/**
 * The value of X-Prefactor-SDK: adapters first, this package last, no entry twice
 * (docs/internals/api.md, "Connection").
 */
export function sdkHeader(adapters: readonly string[]): Readonly<Record<string, string>> {
  return { [SDK_HEADER]: [...new Set([...adapters, ownName + VERSION])].join(' ') };
}

/** Whether that can be an entry of the header. */
export function isSdkName(value: unknown): value is string {
  return typeof value === 'string' && /^@?[\w.~-]+(\/[\w.~-]+)?@[\w.+-]+$/.test(value);
}

/**
 * Whether a request is one of this package's own. Instrumentation of `fetch` leaves those out, or an
 * agent that makes a span of each request feeds on itself. Takes a `Request`, or anything with
 * `headers`: a `Headers`, a record, or a list of names and values.
 */
export function isAutobatchRequest(request: { readonly headers?: unknown }): boolean {
  const { headers } = request;
  if (!isObjectLike(headers)) return false;
  const fields: Iterable<unknown> =
    Symbol.iterator in headers ? (headers as Iterable<unknown>) : Object.entries(headers);
  const flat = [...fields].flat();
  const name = flat.findIndex((text) => String(text).toLowerCase() === SDK_HEADER);
  const entries = name < 0 ? [] : String(flat[name + 1]).split(' ');
  return entries.some((entry) => entry.startsWith(ownName));
}
