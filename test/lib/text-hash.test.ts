import { expect, test } from 'vitest';
import { TextHasher } from '../../src/lib/text-hash.ts';
import { randomFrom } from '../helpers/random.ts';

const hasher = new TextHasher();
const hash128 = (text: string): string => hasher.hash128(text);

// What murmurhash3js-revisited 3.0.0 makes of these bytes; of the last one, which is hashed in pieces, what a
// loop over all of its bytes in another language does.
test.each([
  ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40d9af2895890dddf5'],
  ['I will not buy this record, it i', '8b30b4a25c6402a993b4241921ceeca8'],
  ['I will not b', 'bb25bcf2cce0d38b2355b8109f7a2d3e'],
  ['', '00000000000000000000000000000000'],
  ['茶🍵é a'.repeat(1_000), '28b0119689921c5c3d66509b9b2790e2'],
])('it is MurmurHash3_x86_128: %j', (text, hash) => {
  expect(hexOf(hash128(text))).toBe(hash);
});

test('each sign counts, wherever it stands, and so does the length', () => {
  const texts = new Set<string>();
  const hashes = new Set<string>();
  for (let length = 0; length < 40; length++) {
    const text = 'a'.repeat(length);
    for (const other of ['b', '\0', 'ā', '🍵']) {
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
    const units = Array.from({ length: 1 + Math.floor(random() * 30) }, () =>
      Math.floor(random() * 128),
    );
    const text = String.fromCharCode(...units);
    const at = Math.floor(random() * units.length);
    units[at] = (units[at] as number) ^ (1 << Math.floor(random() * 7));
    const [one, other] = [hash128(text), hash128(String.fromCharCode(...units))];
    for (let word = 0; word < 4; word++) {
      differing[word] =
        (differing[word] as number) + bitsOf(wordOf(one, word) ^ wordOf(other, word));
    }
  }
  for (const bits of differing) expect(Math.abs(bits / times / 32 - 0.5)).toBeLessThan(0.01);
});

test('a long text has as short a hash as any', () => {
  expect(hash128('x'.repeat(1_000_000))).toHaveLength(8);
});

function wordOf(hash: string, word: number): number {
  return (hash.charCodeAt(2 * word) << 16) | hash.charCodeAt(2 * word + 1);
}

function hexOf(hash: string): string {
  const digits = [0, 1, 2, 3].map((word) => (wordOf(hash, word) >>> 0).toString(16));
  return digits.map((of) => of.padStart(8, '0')).join('');
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let left = word >>> 0; left !== 0; left >>>= 1) bits += left & 1;
  return bits;
}
