import { expect, test } from 'vitest';
import { Item } from '../../src/coalescer/item.ts';
import { Resource } from '../../src/coalescer/line.ts';
import { TextArena } from '../../src/internal/text-arena.ts';
import { submission } from '../helpers/engine.ts';

const texts = new TextArena();

test('without holes the text is there at once', () => {
  const item = new Item(1, 0, { ...submission('a'), pieces: ['{}'], bytes: 2 }, texts);
  expect([item.text, item.bytes]).toEqual(['{}', 2]);
});

test('a text is made once all its ids are known, and is exact in bytes from then on', () => {
  const [first, second] = [new Resource(), new Resource()];
  const item = holed(first, second);
  expect(item.text).toBeUndefined();
  first.id = 'é';
  expect([item.fill(texts), item.text]).toEqual([0, undefined]);
  second.id = 'x';
  const before = item.bytes;
  const gained = item.fill(texts);
  expect(item.text).toBe('["é","x"]');
  expect([item.bytes, gained]).toEqual([10, 10 - before]);
});

test('ids that are known already fill the text at once', () => {
  expect(holed(new Resource('a'), new Resource('b')).text).toBe('["a","b"]');
});

test('an id is encoded as JSON', () => {
  const item = holed(new Resource('"\\'), new Resource('\u2028\n'));
  expect(JSON.parse(item.text as string)).toEqual(['"\\', '\u2028\n']);
  expect(item.bytes).toBe(new TextEncoder().encode(item.text).length);
});

test('a text that was made is never made again', () => {
  const [first, second] = [new Resource('a'), new Resource('b')];
  const item = holed(first, second);
  first.id = 'other';
  expect([item.fill(texts), item.text]).toEqual([0, '["a","b"]']);
});

function holed(first: Resource, second: Resource): Item {
  const pieces = ['[', ',', ']'];
  return new Item(1, 0, { ...submission('a'), pieces, bytes: 3, holes: [first, second] }, texts);
}
