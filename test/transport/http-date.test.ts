import { describe, expect, test } from 'vitest';
import { parseHttpDate } from '../../src/transport/retry-after.ts';

const NOW = Date.UTC(2026, 8, 1, 8, 0, 0);

function read(text: string, now = NOW): string | undefined {
  const at = parseHttpDate(text, now);
  return at === undefined ? undefined : new Date(at).toISOString();
}

test.each([
  ['Fri, 12 Feb 1999 23:59:01 GMT', '1999-02-12T23:59:01.000Z'],
  ['Friday, 12-Feb-99 23:59:01 GMT', '1999-02-12T23:59:01.000Z'],
  ['Fri Feb 12 23:59:01 1999', '1999-02-12T23:59:01.000Z'],
  ['Tue Sep  1 00:00:00 2026', '2026-09-01T00:00:00.000Z'],
  ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
  ['Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'], // a leap second
  ['Fri, 31 Dec 9999 23:59:59 GMT', '9999-12-31T23:59:59.000Z'],
  ['Sat, 01 Jan 0005 00:00:00 GMT', '0005-01-01T00:00:00.000Z'],
  ['Mon, 01 Sep 2026 08:00:00 GMT', '2026-09-01T08:00:00.000Z'], // a Tuesday: the date counts
])('reads %j', (text, iso) => {
  expect(read(text)).toBe(iso);
});

test.each([
  'Sun, 29 Feb 2026 00:00:00 GMT',
  'Sun, 31 Apr 2026 00:00:00 GMT',
  'Sun, 00 Apr 2026 00:00:00 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:00 GMT',
  'Sun, 06 Nov 1994 08:49:61 GMT',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Nov 1994 08:49:37 +0000',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 94 08:49:37 GMT',
  'sun, 06 nov 1994 08:49:37 gmt',
  'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06-Nov-94 08:49:37 GMT',
  'Sunday, 06-Nov-1994 08:49:37 GMT',
  'Sun Nov 6 08:49:37 1994',
  'Sun Nov 06 08:49:37 94',
  'Son, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 Oki 1994 08:49:37 GMT',
  '1994-11-06T08:49:37Z',
  'after 45',
  'retry in 32',
  '60 seconds',
  'soon',
  '',
])('%j is no date', (text) => {
  expect(read(text)).toBeUndefined();
});

describe('a year of two digits', () => {
  test.each([
    ['Tuesday, 01-Sep-26 08:00:30 GMT', '2026-09-01T08:00:30.000Z'],
    ['Tuesday, 01-Sep-76 08:00:00 GMT', '2076-09-01T08:00:00.000Z'], // 50 years, and no more
    ['Tuesday, 01-Sep-76 08:00:01 GMT', '1976-09-01T08:00:01.000Z'],
    ['Sunday, 31-Dec-99 23:59:59 GMT', '1999-12-31T23:59:59.000Z'],
  ])('is at most 50 years ahead, else in the past: %j', (text, iso) => {
    expect(read(text)).toBe(iso);
  });

  test('is of the next century at the end of one', () => {
    const now = Date.UTC(2099, 11, 31, 23, 59, 59);
    expect(read('Friday, 01-Jan-00 00:00:29 GMT', now)).toBe('2100-01-01T00:00:29.000Z');
  });
});
