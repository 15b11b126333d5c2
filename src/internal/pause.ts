import { wallNow } from './clock.ts';

/**
 * How long the server asks us to stay away, in milliseconds: the header `Retry-After` in seconds or
 * as an HTTP date, else `retry_after_ms` of the body; undefined where neither can be read. No bound:
 * the caller has one. No official client reads either (wire.md 6.2, [go-user]).
 */
export function pauseOf(
  headers: { get(name: string): string | null },
  body: unknown,
): number | undefined {
  return pauseOfHeader(headers.get('retry-after')) ?? pauseOfBody(body);
}

function pauseOfHeader(value: string | null): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) {
    return finite(Number(text) * 1000);
  }
  // Dates have a letter in them: keeps Date.parse away from "-1" and the like, which it reads as years.
  if (!/[a-z]/i.test(text)) {
    return undefined;
  }
  const at = Date.parse(text);
  return finite(Math.max(0, at - wallNow()));
}

function pauseOfBody(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'retry_after_ms')) {
    return undefined;
  }
  const ms: unknown = Reflect.get(body, 'retry_after_ms');
  return typeof ms === 'number' && ms >= 0 ? finite(ms) : undefined;
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
