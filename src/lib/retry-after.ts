import { wallNow } from './clock.ts';
import { parseHttpDate } from './http-date.ts';

interface Headers {
  get(name: string): string | null;
}

/**
 * How long the server asks us to stay away, in milliseconds: the header `Retry-After` as RFC 9110
 * defines it (section 10.2.3: whole seconds, or a date), else `retry_after_ms` of the body; undefined
 * where neither can be read. No bound: the caller has one. No official client reads either
 * (docs/internals/api.md, "Retries").
 */
export function pauseOf(headers: Headers, body: unknown): number | undefined {
  return pauseOfHeader(headers) ?? pauseOfBody(body);
}

/** `retry_after_ms` of an error, in milliseconds: required on `rate_limited` (docs/internals/api.md, "Error codes"). */
export function pauseOfBody(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'retry_after_ms')) {
    return undefined;
  }
  const ms: unknown = Reflect.get(body, 'retry_after_ms');
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms) ? ms : undefined;
}

function pauseOfHeader(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  // Digits only: a fraction is not defined, and neither is a sign.
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // By the clock that wrote it: ours may be wrong by more than the pause is long.
  const here = wallNow();
  const now = parseHttpDate(headers.get('date')?.trim() ?? '', here) ?? here;
  const at = parseHttpDate(text, now);
  return at === undefined ? undefined : Math.max(0, at - now);
}
