/**
 * 128 bits of a text, as eight UTF-16 units (to write digits takes as long as the hash): MurmurHash3_x86_128
 * of its UTF-8 bytes. Equal for two texts by chance once in 10^38; who wants to can find such texts, so
 * it is no proof against malice. Lone surrogates are all alike; what JSON writes has none.
 * The runtimes' own hashes are no choice: those of the web are asynchronous, Node's is Node's.
 */
export function hash128(text: string): string {
  let [h1, h2, h3, h4] = [0, 0, 0, 0];
  let length = 0;
  /** Bytes that are left over, too few for a block; at the end of the text they are its tail. */
  let left = 0;
  for (let rest = text; rest !== ''; ) {
    const { read, written } = encoder.encodeInto(rest, left === 0 ? bytes : bytes.subarray(left));
    rest = rest.slice(read);
    length += written;
    left += written;
    const blocks = left >> 4;
    for (let at = 0; at < 4 * blocks; at += 4) {
      h1 = rotated(h1 ^ mixed1(wordAt(at)), 19) + h2;
      h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
      h2 = rotated(h2 ^ mixed2(wordAt(at + 1)), 17) + h3;
      h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
      h3 = rotated(h3 ^ mixed3(wordAt(at + 2)), 15) + h4;
      h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
      h4 = rotated(h4 ^ mixed4(wordAt(at + 3)), 13) + h1;
      h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
    }
    bytes.copyWithin(0, 16 * blocks, left);
    left %= 16;
  }
  // Nothing comes of a word that is zero.
  bytes.fill(0, left, 16);
  h1 ^= mixed1(wordAt(0)) ^ length;
  h2 ^= mixed2(wordAt(1)) ^ length;
  h3 ^= mixed3(wordAt(2)) ^ length;
  h4 ^= mixed4(wordAt(3)) ^ length;
  return ended(h1, h2, h3, h4);
}

const encoder = new TextEncoder();
const bytes = new Uint8Array(8_192);
const words = new Int32Array(bytes.buffer);

function wordAt(at: number): number {
  return words[at] as number;
}

function ended(h1: number, h2: number, h3: number, h4: number): string {
  const all = h1 + h2 + h3 + h4;
  const b = avalanche(h2 + all);
  const c = avalanche(h3 + all);
  const d = avalanche(h4 + all);
  const sum = avalanche(all) + b + c + d;
  return textOf(sum, b + sum, c + sum, d + sum);
}

/** Of each number the lower 32 bits; `fromCharCode` takes the lower 16 of what it is given. */
function textOf(a: number, b: number, c: number, d: number): string {
  return String.fromCharCode(a >>> 16, a, b >>> 16, b, c >>> 16, c, d >>> 16, d);
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
