import { install } from '@sinonjs/fake-timers';
import { afterAll, describe, expect, test } from 'vitest';
import { pauseMsOf } from '../../src/transport/retry-after.ts';

const NOW = Date.UTC(2026, 8, 1, 8, 0, 0);
const time = install({ now: NOW, toFake: ['Date'] });
afterAll(() => time.uninstall());

test.each<[string, unknown, number | undefined]>([
  ['7', {}, 7_000],
  [' 0 ', {}, 0],
  ['007', {}, 7_000],
  ['9'.repeat(400), {}, Number.MAX_SAFE_INTEGER],
  ['Tue, 01 Sep 2026 08:00:30 GMT', {}, 30_000],
  ['Tuesday, 01-Sep-26 08:00:30 GMT', {}, 30_000],
  ['Tue Sep  1 08:00:30 2026', {}, 30_000],
  ['Tue, 01 Sep 2026 07:00:00 GMT', {}, 0],
  ['7', { retry_after_ms: 9 }, 7_000],
  ['soon', { retry_after_ms: 9 }, 9],
  ['0.5', { retry_after_ms: 9 }, 9],
  ['', { retry_after_ms: 0 }, 0],
  ['', { retry_after_ms: 0.25 }, 0.25],
  ['', { retry_after_ms: -1 }, undefined],
  ['', { retry_after_ms: '9' }, undefined],
  ['', { retry_after_ms: Number.POSITIVE_INFINITY }, undefined],
  ['', { retry_after_ms: Number.NaN }, undefined],
  ['', Object.create({ retry_after_ms: 9 }), undefined],
  ['', { retry_after: 9 }, undefined],
  ['', null, undefined],
  ['', undefined, undefined],
])('Retry-After %j with body %j is a pause of %s ms', (header, body, ms) => {
  expect(pauseMsOf(new Headers({ 'retry-after': header }), body)).toBe(ms);
});

test.each(['-1', '+7', '1.5', '1e3', '0x10', '7s', '7 seconds', '"7"', '7, 7', '2 weeks', '\xb2'])(
  'Retry-After %j is as if it were absent',
  (header) => {
    expect(pauseMsOf({ get: () => header }, {})).toBeUndefined();
  },
);

test('no header, no pause', () => {
  expect(pauseMsOf(new Headers(), {})).toBeUndefined();
});

describe('a date is read against the date of its own answer', () => {
  test.each([
    ['a day behind', -86_400_000],
    ['an hour ahead', 3_600_000],
    ['at the beginning of 1970', -NOW],
  ])('where the local clock is %s', (_, ms) => {
    time.setSystemTime(NOW + ms);
    for (const at of [
      'Tue, 01 Sep 2026 08:00:30 GMT',
      'Tuesday, 01-Sep-26 08:00:30 GMT',
      'Tue Sep  1 08:00:30 2026',
    ]) {
      const headers = new Headers({ date: 'Tue, 01 Sep 2026 08:00:00 GMT', 'retry-after': at });
      expect(pauseMsOf(headers, {})).toBe(30_000);
    }
    time.setSystemTime(NOW);
  });

  test('in whatever form that is', () => {
    const at = 'Tue, 01 Sep 2026 08:00:30 GMT';
    for (const date of ['Tuesday, 01-Sep-26 08:00:10 GMT', 'Tue Sep  1 08:00:10 2026']) {
      expect(pauseMsOf(new Headers({ date, 'retry-after': at }), {})).toBe(20_000);
    }
  });

  test.each(['', 'today', '2026-09-01'])('but not where that is %j', (date) => {
    const headers = new Headers({ date, 'retry-after': 'Tue, 01 Sep 2026 08:00:30 GMT' });
    expect(pauseMsOf(headers, {})).toBe(30_000);
  });
});
