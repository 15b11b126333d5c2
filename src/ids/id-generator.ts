import { customRandom, urlAlphabet } from 'nanoid';
import { wallNow } from '../lib/clock.ts';
import {
  isPfid,
  partitionLength,
  partitionOf,
  pfidAlphabet,
  randomLength,
  timeLength,
} from './pfid.ts';

/** The last millisecond that an id can hold, in the year 10889. */
const maxTimeMs = 2 ** 48 - 1;

// Characters are drawn in bulk: one draw per id costs more than all the rest.
// A client may be made for a few calls only, so not very many.
const randomPoolLength = 4_096;

// As this module found them: those of tests may fill in nothing, or always the same.
const nativeCrypto = globalThis.crypto;
const nativeGetRandomValues = nativeCrypto.getRandomValues;

/** Makes the keys and the ids of one client; many times faster than the official package, and without Buffer. */
export class IdGenerator {
  // nanoid draws by a function of ours, which knows no Buffer, and does better than a mocked getRandomValues: two calls
  // with one key would be one item, or a conflict.
  readonly #forKeys = new CharacterPool(urlAlphabet, (length) => this.#draw(length));
  readonly #forPfids = new CharacterPool(pfidAlphabet, (length) => this.#draw(length));
  /** Whether the runtime's getRandomValues gives something else each time; undefined before it was tried. */
  #isRandom: boolean | undefined;
  #seed: number | undefined;
  /** The last PFID whose partition was asked for: mostly it is the same run again. */
  #related: unknown;
  #partition = '';
  /** The last millisecond in which an id was made, and its text. */
  #ms = Number.NaN;
  #time = '';

  /** A fresh idempotency key: 21 characters that are safe in a URL, as nanoid makes them. */
  makeKey(): string {
    // A slice keeps the text alive that it is cut out of; those of up to 12 characters are copied by all engines.
    return this.#forKeys.take(10) + this.#forKeys.take(11);
  }

  /** A fresh PFID of that time, in the partition of another one; undefined where that is no PFID. */
  makeInPartitionOf(to: unknown, ms: number = wallNow()): string | undefined {
    if (to !== this.#related) {
      if (!isPfid(to)) return undefined;
      this.#related = to;
      this.#partition = partitionOf(to);
    }
    return this.#makeIn(this.#partition, ms);
  }

  /** A fresh PFID in a partition of its own, drawn at random. */
  makeRoot(): string {
    return this.#makeIn(this.#forPfids.take(partitionLength), wallNow());
  }

  #makeIn(partition: string, ms: number): string {
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#time = pfidTimeOf(ms);
    }
    return this.#time + partition + this.#forPfids.take(randomLength);
  }

  #draw(length: number): Uint8Array {
    // Not tried earlier: some runtimes forbid random values while modules are loaded.
    this.#isRandom ??= nativeDiffers();
    return this.#isRandom ? drawNative(length) : new Uint8Array(length).map(() => this.#mixed());
  }

  /** Splitmix32. An id has to be another each time, and need not be a secret. */
  #mixed(): number {
    // Two clients may be made within one millisecond.
    this.#seed ??= wallNow() + Math.floor(Math.random() * 2 ** 32);
    this.#seed = (this.#seed + 0x9e3779b9) | 0;
    const seed = this.#seed;
    const half = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    const whole = Math.imul(half ^ (half >>> 15), 0x735a2d97);
    return (whole ^ (whole >>> 15)) & 255;
  }
}

/** Random characters of an alphabet, drawn many at a time. */
class CharacterPool {
  readonly #draw: () => string;
  #characters = '';
  #used = 0;

  constructor(alphabet: string, draw: (length: number) => Uint8Array) {
    this.#draw = customRandom(alphabet, randomPoolLength, draw);
  }

  take(length: number): string {
    if (this.#used + length > this.#characters.length) {
      this.#characters = this.#draw();
      this.#used = 0;
    }
    this.#used += length;
    return this.#characters.slice(this.#used - length, this.#used);
  }
}

function nativeDiffers(): boolean {
  const first = drawNative(16).join();
  return drawNative(16).join() !== first;
}

function drawNative(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  nativeGetRandomValues.call(nativeCrypto, bytes);
  return bytes;
}

/** The id of that time, in the partition of `pfid`, that ends in those 16 characters of the alphabet. */
export function pfidFrom(ms: number, pfid: string, random: string): string {
  return pfidTimeOf(ms) + partitionOf(pfid) + random;
}

/** The first characters of an id of that time, or of the nearest that an id can hold. */
function pfidTimeOf(ms: number): string {
  let text = '';
  // Division, since bit operators end at 32 of the 48 bits.
  for (let rest = Math.min(Math.max(ms, 0), maxTimeMs); text.length < timeLength; ) {
    text = pfidAlphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
