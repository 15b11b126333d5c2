/**
 * 128 bits of a text, as 32 hexadecimal digits: MurmurHash3_x86_128 of its UTF-16 units. Equal for two
 * texts by chance once in 10^38; who wants to can find such texts, so it is no proof against malice.
 * The runtimes' own hashes are no choice: those of the web are asynchronous, Node's is Node's.
 */
export function hash128(text: string): string {
  const { length } = text;
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const blocks = length - (length % UNITS_PER_BLOCK);
  for (let at = 0; at < blocks; at += UNITS_PER_BLOCK) {
    h1 = rotated(h1 ^ mixed1(wordAt(text, at)), 19) + h2;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
    h2 = rotated(h2 ^ mixed2(wordAt(text, at + 2)), 17) + h3;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
    h3 = rotated(h3 ^ mixed3(wordAt(text, at + 4)), 15) + h4;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
    h4 = rotated(h4 ^ mixed4(wordAt(text, at + 6)), 13) + h1;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }
  if (blocks < length) {
    // Nothing comes of a word that is zero.
    const rest = text.slice(blocks).padEnd(UNITS_PER_BLOCK, '\0');
    h1 ^= mixed1(wordAt(rest, 0));
    h2 ^= mixed2(wordAt(rest, 2));
    h3 ^= mixed3(wordAt(rest, 4));
    h4 ^= mixed4(wordAt(rest, 6));
  }
  const bytes = 2 * length;
  return ended(h1 ^ bytes, h2 ^ bytes, h3 ^ bytes, h4 ^ bytes);
}

const UNITS_PER_BLOCK = 8;

function ended(...[h1, h2, h3, h4]: readonly [number, number, number, number]): string {
  const first = avalanche(h1 + h2 + h3 + h4);
  const [second, third, fourth] = [h2, h3, h4].map((h) => avalanche(h + h1 + h2 + h3 + h4)) as [
    number,
    number,
    number,
  ];
  const sum = first + second + third + fourth;
  return [sum, second + sum, third + sum, fourth + sum].map(hexOf).join('');
}

function wordAt(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
}

function mixed1(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x239b961b), 15), 0xab0e9789);
}

function mixed2(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5);
}

function mixed3(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93);
}

function mixed4(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xa1e38b93), 18), 0x239b961b);
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Lets each bit of the word have a part in all others. */
function avalanche(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
