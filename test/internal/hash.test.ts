import { expect, test } from 'vitest';
import { hash128 } from '../../src/internal/hash.ts';
import { randomFrom } from '../helpers/random.ts';

/** A text whose UTF-16 units hold these bytes, as the published examples speak of bytes. */
function ofBytes(bytes: string): string {
  const pairs = bytes.match(/../gs) ?? [];
  return pairs
    .map((pair) => String.fromCharCode(pair.charCodeAt(0) | (pair.charCodeAt(1) << 8)))
    .join('');
}

// What murmurhash3js-revisited 3.0.0 makes of these bytes.
test.each([
  ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40d9af2895890dddf5'],
  ['I will not buy this record, it i', '8b30b4a25c6402a993b4241921ceeca8'],
  ['I will not b', 'bb25bcf2cce0d38b2355b8109f7a2d3e'],
  ['', '00000000000000000000000000000000'],
])('it is MurmurHash3_x86_128: %j', (bytes, hash) => {
  expect(hash128(ofBytes(bytes))).toBe(hash);
});

test('each unit counts, wherever it stands, and so does the length', () => {
  const texts = new Set<string>();
  const hashes = new Set<string>();
  for (let length = 0; length < 40; length++) {
    const text = 'a'.repeat(length);
    for (const other of ['b', '\0', 'ā', '\ud800']) {
      for (let at = 0; at <= length; at++) {
        texts.add(text.slice(0, at) + other + text.slice(at + 1));
      }
    }
  }
  for (const text of texts) hashes.add(hash128(text));
  expect(hashes.size).toBe(texts.size);
});

test('texts that differ in a bit differ in about half of the bits, in each of the four words', () => {
  const random = randomFrom(3);
  const differing = [0, 0, 0, 0];
  const times = 2_000;
  for (let turn = 0; turn < times; turn++) {
    const units = Array.from({ length: 1 + Math.floor(random() * 30) }, () => random() * 65_536);
    const text = String.fromCharCode(...units);
    const at = Math.floor(random() * units.length);
    units[at] = (units[at] as number) ^ (1 << Math.floor(random() * 16));
    const [one, other] = [hash128(text), hash128(String.fromCharCode(...units))];
    for (let word = 0; word < 4; word++) {
      differing[word] =
        (differing[word] as number) + bitsOf(wordOf(one, word) ^ wordOf(other, word));
    }
  }
  for (const bits of differing) expect(Math.abs(bits / times / 32 - 0.5)).toBeLessThan(0.01);
});

test('a long text has as short a hash as any', () => {
  expect(hash128('x'.repeat(1_000_000))).toMatch(/^[0-9a-f]{32}$/);
});

function wordOf(hash: string, word: number): number {
  return Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16);
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let left = word >>> 0; left !== 0; left >>>= 1) bits += left & 1;
  return bits;
}
