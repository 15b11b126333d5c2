import { wallNow } from '../lib/clock.ts';
import { askedPauseMs } from '../schemas/output.ts';
import { parseHttpDate } from './http-date.ts';
import type { HttpResponse } from './sender.ts';

/**
 * How long the server asks us to stay away, in milliseconds: the header `Retry-After` as RFC 9110
 * defines it (section 10.2.3: whole seconds, or a date), else what the body says; undefined where neither
 * can be read. No official client reads either.
 */
export function pauseMsOf(headers: HttpResponse['headers'], body: unknown): number | undefined {
  return headerMs(headers) ?? askedPauseMs(body);
}

function headerMs(headers: HttpResponse['headers']): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  // Digits only: a fraction is not defined, and neither is a sign.
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // By the server's clock: ours may be wrong by more than the pause is long.
  const here = wallNow();
  const now = parseHttpDate(headers.get('date')?.trim() ?? '', here) ?? here;
  const at = parseHttpDate(text, now);
  return at === undefined ? undefined : Math.max(0, at - now);
}
