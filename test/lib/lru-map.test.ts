import { expect, test } from 'vitest';
import { LruMap } from '../../src/lib/lru-map.ts';

test('as many entries as its bound, those used last, are always remembered', () => {
  const map = remembering(3, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
  expect(['e', 'f', 'g'].map((key) => map.get(key))).toEqual(['e', 'f', 'g']);
});

test('it never holds more than twice its bound, and one', () => {
  const map = new LruMap<number, number>({ max: 100 });
  for (let n = 0; n < 10_000; n++) {
    map.set(n, n);
    expect(map.size).toBeLessThanOrEqual(201);
  }
  expect(map.get(0)).toBeUndefined();
});

test('an entry that is set or asked for again counts as new', () => {
  const map = remembering(2, 'a', 'b');
  for (const key of ['c', 'd', 'e', 'f', 'g', 'h']) {
    map.set(key, key);
    expect(map.get('a')).toBe('a');
  }
  expect(map.get('b')).toBeUndefined();
});

test('an entry that is taken is gone', () => {
  const map = remembering(1, 'a', 'b', 'c');
  expect([map.take('a'), map.take('c'), map.take('never there')]).toEqual(['a', 'c', undefined]);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([undefined, 'b', undefined]);
});

test('whoever wants to know is told what is forgotten, once', () => {
  const forgotten: string[] = [];
  const map = new LruMap<string, string>({ max: 1, onEvict: (key) => forgotten.push(key) });
  for (const key of ['a', 'b', 'c', 'd']) map.set(key, key);
  expect(forgotten).toEqual(['a', 'b']);
});

test('what must stay is not forgotten, and is looked at no more often than new entries come', () => {
  let looks = 0;
  const waiting = new Set<number>();
  const map = new LruMap<number, number>({
    max: 10,
    onEvict: (value) => {
      looks++;
      return waiting.has(value);
    },
  });
  for (let n = 0; n < 1_000; n++) {
    waiting.add(n);
    map.add(n, n);
  }
  expect([0, 1, 500, 999].map((n) => map.get(n))).toEqual([0, 1, 500, 999]);
  expect(looks).toBeLessThan(2_000);
  waiting.clear();
  for (let n = 1_000; n < 5_000; n++) map.add(n, n);
  expect(map.get(0)).toBeUndefined();
  expect(map.size).toBeLessThanOrEqual(21);
});

test('entries can be dropped by what they are', () => {
  const map = remembering(2, 'a', 'b', 'c');
  map.deleteWhere((value) => value !== 'b');
  expect([map.size, map.get('b')]).toEqual([1, 'b']);
});

function remembering(max: number, ...keys: readonly string[]): LruMap<string, string> {
  const map = new LruMap<string, string>({ max });
  for (const key of keys) map.set(key, key);
  return map;
}

test('what is added at the end of the list is found, taken, dropped and forgotten as all else', () => {
  const forgotten: string[] = [];
  const map = new LruMap<string, string>({ max: 3, onEvict: (key) => forgotten.push(key) });
  for (const key of ['a', 'b']) map.add(key, key.toUpperCase());
  expect([map.size, map.get('a')]).toEqual([2, 'A']);
  map.add('c', 'C');
  expect([map.take('c'), map.take('c'), map.size]).toEqual(['C', undefined, 2]);
  map.add('d', 'D');
  map.deleteWhere((value) => value === 'D');
  expect([map.get('d'), map.size]).toEqual([undefined, 2]);
  for (const key of ['e', 'f', 'g', 'h', 'i', 'j']) map.add(key, key);
  expect(forgotten).toEqual(['a', 'b', 'e', 'f']);
  expect(map.size).toBe(4);
});
