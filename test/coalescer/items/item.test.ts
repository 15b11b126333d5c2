import { expect, test } from 'vitest';
import { Item } from '../../../src/coalescer/items/item.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';

const texts = new TextArena();

test('without holes the text is there at once', () => {
  const item = new Item(1, 0, { ...submission('a'), pieces: ['{}'], bytes: 2 }, texts);
  expect([item.text, item.bytes]).toEqual(['{}', 2]);
});

test('a text is made once all its ids are known, and is exact in bytes from then on', () => {
  const item = holed(1, 2);
  expect(item.text).toBeUndefined();
  expect([item.fill(1, 'é', texts), item.text]).toEqual([0, undefined]);
  const before = item.bytes;
  const gained = item.fill(2, 'x', texts);
  expect(item.text).toBe('["é","x"]');
  expect([item.bytes, gained]).toEqual([10, 10 - before]);
});

test('one id may fill several holes', () => {
  const item = holed(1, 1);
  item.fill(1, 'a', texts);
  expect(item.text).toBe('["a","a"]');
});

test('an id is encoded as JSON', () => {
  const item = holed(1, 2);
  item.fill(1, '"\\', texts);
  item.fill(2, '\u2028\n', texts);
  expect(JSON.parse(item.text as string)).toEqual(['"\\', '\u2028\n']);
  expect(item.bytes).toBe(new TextEncoder().encode(item.text).length);
});

test('a text that was made is never made again', () => {
  const item = holed(1, 2);
  item.fill(1, 'a', texts);
  item.fill(2, 'b', texts);
  expect([item.fill(1, 'other', texts), item.text]).toEqual([0, '["a","b"]']);
});

test('what fills the holes is a copy: the list of the caller is left as it is', () => {
  const holes = [1, 2];
  const item = holed(...holes);
  item.fill(1, 'a', texts);
  expect(holes).toEqual([1, 2]);
});

function holed(...holes: readonly number[]): Item {
  const pieces = ['[', ',', ']'];
  return new Item(1, 0, { ...submission('a'), pieces, bytes: 3, holes }, texts);
}
