import { install } from '@sinonjs/fake-timers';
import { afterAll, expect, test } from 'vitest';
import { pauseOf } from '../../src/internal/pause.ts';

const time = install({ now: Date.UTC(2026, 8, 1, 8, 0, 0), toFake: ['Date'] });
afterAll(() => time.uninstall());

test.each<[string, unknown, number | undefined]>([
  ['7', {}, 7_000],
  [' 0 ', {}, 0],
  ['0.5', {}, 500],
  ['Tue, 01 Sep 2026 08:00:30 GMT', {}, 30_000],
  ['Tue, 01 Sep 2026 07:00:00 GMT', {}, 0],
  ['7', { retry_after_ms: 9 }, 7_000],
  ['soon', { retry_after_ms: 9 }, 9],
  ['', { retry_after_ms: 0 }, 0],
  ['', { retry_after_ms: -1 }, undefined],
  ['', { retry_after_ms: '9' }, undefined],
  ['', { retry_after_ms: Number.POSITIVE_INFINITY }, undefined],
  ['', Object.create({ retry_after_ms: 9 }), undefined],
  ['', null, undefined],
  ['', undefined, undefined],
  ['-1', {}, undefined],
  ['1e3', {}, undefined],
  ['9'.repeat(400), {}, undefined],
])('Retry-After %j with body %j is a pause of %s ms', (header, body, ms) => {
  expect(pauseOf(new Headers({ 'retry-after': header }), body)).toBe(ms);
});

test('no header, no pause', () => {
  expect(pauseOf(new Headers(), {})).toBeUndefined();
});
