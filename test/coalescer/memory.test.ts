import { expect, test } from 'vitest';
import { Memory } from '../../src/coalescer/memory.ts';

test('beyond its bound the oldest entry is forgotten', () => {
  const memory = remembering(2, 'a', 'b', 'c');
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([undefined, 'b', 'c']);
});

test('an entry that is set again counts as new, and does not take a second place', () => {
  const memory = remembering(2, 'a', 'b', 'a', 'c');
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual(['a', undefined, 'c']);
});

test('an entry that was asked for is not the first to be forgotten', () => {
  const memory = remembering(2, 'a', 'b');
  memory.get('a');
  memory.set('c', 'c');
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual(['a', undefined, 'c']);
});

test('a deleted entry leaves its place to another', () => {
  const memory = remembering(2, 'a', 'b');
  memory.delete('a');
  memory.delete('never there');
  memory.set('c', 'c');
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([undefined, 'b', 'c']);
});

function remembering(max: number, ...keys: readonly string[]): Memory<string, string> {
  const memory = new Memory<string, string>(max);
  for (const key of keys) memory.set(key, key);
  return memory;
}
