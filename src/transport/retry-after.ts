import { pauseMsOfApiError } from '../errors/api-error.ts';
import { wallNow } from '../lib/clock.ts';
import type { HttpResponse } from './http-exchange.ts';

/**
 * How long the server asks us to stay away, in milliseconds: the header `Retry-After` as RFC 9110
 * defines it (section 10.2.3: whole seconds, or a date), else what the body says; undefined where neither
 * can be read. No official client reads either.
 */
export function pauseMsOf(headers: HttpResponse['headers'], body: unknown): number | undefined {
  return headerMs(headers) ?? pauseMsOfApiError(body);
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

// The three forms of a date in RFC 9110, section 5.6.7.

const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const weekdayInFull = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const month = `(?<month>${monthNames.join('|')})`;
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the only form that servers may still write. */
const fixed = new RegExp(
  String.raw`^${weekday}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT$`,
);
/** `Sunday, 06-Nov-94 08:49:37 GMT`, of RFC 850. */
const shortYear = new RegExp(
  String.raw`^${weekdayInFull}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT$`,
);
/** `Sun Nov  6 08:49:37 1994`, of C's asctime. */
const asctime = new RegExp(
  String.raw`^${weekday} ${month} (?<day>\d\d| \d) ${time} (?<year>\d{4})$`,
);

/**
 * Unix milliseconds; undefined for all that RFC 9110 does not define (`Date.parse` finds a date in nearly
 * everything). `now` decides the century of a year of two digits.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const exact = fixed.exec(text) ?? asctime.exec(text);
  if (exact !== null) return timeOf(exact.groups, 0);
  const short = shortYear.exec(text);
  if (short === null) return undefined;
  // RFC 9110, 5.6.7: a date more than 50 years in the future is one of the past.
  const date = new Date(now);
  const century = Math.floor(date.getUTCFullYear() / 100) * 100;
  const latest = date.setUTCFullYear(date.getUTCFullYear() + 50);
  return [century + 100, century, century - 100]
    .map((years) => timeOf(short.groups, years))
    .find((at) => at !== undefined && at <= latest);
}

function timeOf(fields: Readonly<Record<string, string>> | undefined, century: number) {
  const field = (name: string): number => Number(fields?.[name]);
  const [year, day, hour] = [century + field('year'), field('day'), field('hour')];
  const [minute, second] = [field('minute'), field('second')];
  // A leap second is written as 60.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years from 0 to 99 for those of the last century.
  date.setUTCFullYear(year, monthNames.indexOf(fields?.['month'] ?? ''), day);
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}
