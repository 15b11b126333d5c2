import { expect, test } from 'vitest';
import { Memory } from '../../src/lib/lru-map.ts';

test('as many entries as its bound, those used last, are always remembered', () => {
  const memory = remembering(3, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
  expect(['e', 'f', 'g'].map((key) => memory.get(key))).toEqual(['e', 'f', 'g']);
});

test('it never holds more than twice its bound, and one', () => {
  const memory = new Memory<number, number>({ max: 100 });
  for (let n = 0; n < 10_000; n++) {
    memory.set(n, n);
    expect(memory.size).toBeLessThanOrEqual(201);
  }
  expect(memory.get(0)).toBeUndefined();
});

test('an entry that is set or asked for again counts as new', () => {
  const memory = remembering(2, 'a', 'b');
  for (const key of ['c', 'd', 'e', 'f', 'g', 'h']) {
    memory.set(key, key);
    expect(memory.get('a')).toBe('a');
  }
  expect(memory.get('b')).toBeUndefined();
});

test('an entry that is taken is gone', () => {
  const memory = remembering(1, 'a', 'b', 'c');
  expect([memory.take('a'), memory.take('c'), memory.take('never there')]).toEqual([
    'a',
    'c',
    undefined,
  ]);
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([undefined, 'b', undefined]);
});

test('whoever wants to know is told what is forgotten, once', () => {
  const forgotten: string[] = [];
  const memory = new Memory<string, string>({ max: 1, onForget: (key) => forgotten.push(key) });
  for (const key of ['a', 'b', 'c', 'd']) memory.set(key, key);
  expect(forgotten).toEqual(['a', 'b']);
});

test('what must stay is not forgotten, and is looked at no more often than new entries come', () => {
  let looks = 0;
  const waiting = new Set<number>();
  const memory = new Memory<number, number>({
    max: 10,
    onForget: (value) => {
      looks++;
      return waiting.has(value);
    },
  });
  for (let n = 0; n < 1_000; n++) {
    waiting.add(n);
    memory.add(n, n);
  }
  expect([0, 1, 500, 999].map((n) => memory.get(n))).toEqual([0, 1, 500, 999]);
  expect(looks).toBeLessThan(2_000);
  waiting.clear();
  for (let n = 1_000; n < 5_000; n++) memory.add(n, n);
  expect(memory.get(0)).toBeUndefined();
  expect(memory.size).toBeLessThanOrEqual(21);
});

test('entries can be dropped by what they are', () => {
  const memory = remembering(2, 'a', 'b', 'c');
  memory.drop((value) => value !== 'b');
  expect([memory.size, memory.get('b')]).toEqual([1, 'b']);
});

function remembering(max: number, ...keys: readonly string[]): Memory<string, string> {
  const memory = new Memory<string, string>({ max });
  for (const key of keys) memory.set(key, key);
  return memory;
}

test('what is added at the end of the list is found, taken, dropped and forgotten as all else', () => {
  const forgotten: string[] = [];
  const memory = new Memory<string, string>({ max: 3, onForget: (key) => forgotten.push(key) });
  for (const key of ['a', 'b']) memory.add(key, key.toUpperCase());
  expect([memory.size, memory.get('a')]).toEqual([2, 'A']);
  memory.add('c', 'C');
  expect([memory.take('c'), memory.take('c'), memory.size]).toEqual(['C', undefined, 2]);
  memory.add('d', 'D');
  memory.drop((value) => value === 'D');
  expect([memory.get('d'), memory.size]).toEqual([undefined, 2]);
  for (const key of ['e', 'f', 'g', 'h', 'i', 'j']) memory.add(key, key);
  expect(forgotten).toEqual(['a', 'b', 'e', 'f']);
  expect(memory.size).toBe(4);
});
