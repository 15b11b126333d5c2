/**
 * Hashes texts to 128 bits: MurmurHash3_x86_128 of their UTF-8 bytes, as eight UTF-16 units, since writing digits
 * would take as long as the hash. It does not resist attacks. All lone surrogates are alike; JSON texts have none.
 * The hashes of runtimes will not do: those of the web are asynchronous, Node's is only Node's.
 */
export class TextHasher {
  readonly #encoder = new TextEncoder();
  readonly #bytes = new Uint8Array(8_192);
  readonly #words = new Int32Array(this.#bytes.buffer);

  hash128(text: string): string {
    const bytes = this.#bytes;
    const words = this.#words;
    let [h1, h2, h3, h4] = [0, 0, 0, 0];
    let length = 0;
    /** Bytes that do not fill a block yet; at the end, the tail of the text. */
    let left = 0;
    for (let rest = text; rest !== ''; ) {
      const { read, written } = this.#encoder.encodeInto(
        rest,
        left === 0 ? bytes : bytes.subarray(left),
      );
      rest = rest.slice(read);
      length += written;
      left += written;
      const blocks = left >> 4;
      for (let at = 0; at < 4 * blocks; at += 4) {
        h1 = rotated(h1 ^ mixed(words, at, c1, 15, c2), 19) + h2;
        h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
        h2 = rotated(h2 ^ mixed(words, at + 1, c2, 16, c3), 17) + h3;
        h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
        h3 = rotated(h3 ^ mixed(words, at + 2, c3, 17, c4), 15) + h4;
        h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
        h4 = rotated(h4 ^ mixed(words, at + 3, c4, 18, c1), 13) + h1;
        h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
      }
      bytes.copyWithin(0, 16 * blocks, left);
      left %= 16;
    }
    // A word of zeros changes nothing.
    bytes.fill(0, left, 16);
    h1 ^= mixed(words, 0, c1, 15, c2) ^ length;
    h2 ^= mixed(words, 1, c2, 16, c3) ^ length;
    h3 ^= mixed(words, 2, c3, 17, c4) ^ length;
    h4 ^= mixed(words, 3, c4, 18, c1) ^ length;
    return ended(h1, h2, h3, h4);
  }
}

const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

function ended(h1: number, h2: number, h3: number, h4: number): string {
  const all = h1 + h2 + h3 + h4;
  const b = avalanche(h2 + all);
  const c = avalanche(h3 + all);
  const d = avalanche(h4 + all);
  const sum = avalanche(all) + b + c + d;
  return textOf(sum, b + sum, c + sum, d + sum);
}

/** The lower 32 bits of each number; `fromCharCode` takes the lower 16 bits of its arguments. */
function textOf(a: number, b: number, c: number, d: number): string {
  return String.fromCharCode(a >>> 16, a, b >>> 16, b, c >>> 16, c, d >>> 16, d);
}

/** What the word at that place adds to one of the four. */
function mixed(words: Int32Array, at: number, before: number, by: number, after: number): number {
  return Math.imul(rotated(Math.imul(words[at] as number, before), by), after);
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Lets each bit of the word affect all others. */
function avalanche(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
