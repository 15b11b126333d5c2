import * as official from '@prefactor/pfid';
import { install } from '@sinonjs/fake-timers';
import { afterEach, describe, expect, test } from 'vitest';
import { IdGenerator } from '../../src/ids/id-generator.ts';
import { isPfid } from '../../src/ids/pfid.ts';

const ours = new IdGenerator();

// More than one filling of the pool of random characters.
const many = 5_000;

const clock = install({ now: 1_790_000_000_123, toFake: ['Date'] });
afterEach(() => clock.reset());

describe('the official package accepts ours', () => {
  test('roots', () => {
    const ids = Array.from({ length: many }, () => ours.makeRoot());
    expect(ids.filter((id) => !official.isPfid(id))).toEqual([]);
    expect(new Set(ids).size).toBe(many);
    expect(new Set(ids.map((id) => official.extractPartition(id))).size).toBeGreaterThan(many / 2);
  });

  test('and finds the partition that was given', () => {
    const partitions = [0, 1, 123_456_789, 2 ** 30 - 1];
    for (const partition of partitions) {
      const parent = official.generate(partition);
      const ids = Array.from({ length: many }, () => ours.makeInPartitionOf(parent));
      expect(ids.filter((id) => official.extractPartition(id ?? '') !== partition)).toEqual([]);
      expect(new Set(ids).size).toBe(many);
    }
  });
});

test('ours accepts the official ones', () => {
  const ids = Array.from({ length: many }, () => official.generateRoot());
  expect(ids.filter((id) => !isPfid(id))).toEqual([]);
});

test.each([
  official.zero(),
  official.generateExample(),
  official.generateRoot().toUpperCase(),
  `8${'0'.repeat(31)}`,
  `7${'z'.repeat(31)}`,
  ...[...'ilou-_ é'].map((letter) => `0${letter}${'0'.repeat(30)}`),
  '0'.repeat(31),
  '0'.repeat(33),
  `${'0'.repeat(32)}\n`,
  '',
])('both say the same of %j', (text) => {
  expect(isPfid(text)).toBe(official.isPfid(text));
});

test.each([undefined, null, 7, {}, ['0'.repeat(32)]])('%j is none', (value) => {
  expect(isPfid(value)).toBe(false);
});

test.each([0, 1, 31, 32, 2 ** 25 - 1, 1_790_000_000_123, 2 ** 48 - 1])(
  'an id holds the time in milliseconds: %d',
  (ms) => {
    clock.setSystemTime(ms);
    const time = official.generateWithTimestamp(0, ms).slice(0, 10);
    expect(ours.makeRoot().slice(0, 10)).toBe(time);
    expect(ours.makeInPartitionOf(official.generateExample())?.slice(0, 10)).toBe(time);
  },
);

test.each([-1, -1e15, 2 ** 48, 8.64e15])(
  'beyond what an id can hold, it holds the nearest: %d',
  (ms) => {
    clock.setSystemTime(ms);
    const id = ours.makeRoot();
    expect(official.isPfid(id)).toBe(true);
    expect(id.slice(0, 10)).toBe(ms < 0 ? '0000000000' : '7zzzzzzzzz');
    expect(ours.makeRoot()).not.toBe(id);
  },
);

test('ids sort by their millisecond', () => {
  const first = ours.makeRoot();
  clock.setSystemTime(Date.now() + 1);
  expect(ours.makeRoot() > first).toBe(true);
});

test('every character turns up at every random place', () => {
  const ids = Array.from({ length: many }, () => ours.makeRoot());
  for (let place = 10; place < 32; place++) {
    expect(new Set(ids.map((id) => id[place])).size).toBe(32);
  }
});
