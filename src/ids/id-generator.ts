import { nanoid } from 'nanoid';
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
  /** Random characters of the alphabet of PFIDs, and how many of them are used. */
  #pool = '';
  #used = 0;
  /** Whether the runtime's getRandomValues gives something else each time; undefined before it was tried. */
  #isRandom: boolean | undefined;
  #seed: number | undefined;
  /** The last PFID whose partition was asked for: mostly it is the same run again. */
  #related: unknown;
  #partition = '';
  /** The last millisecond in which an id was made, and its text. */
  #ms = Number.NaN;
  #time = '';

  /** A fresh idempotency key: at least 21 characters that are safe in a URL. */
  makeKey(): string {
    // Not tried earlier: some runtimes forbid random values while modules are loaded.
    this.#isRandom ??= nativeDiffers();
    // nanoid draws with the function in place. Two calls with one key would be one item, or a conflict.
    const isOwn = globalThis.crypto?.getRandomValues === nativeGetRandomValues;
    if (!this.#isRandom || !isOwn) return this.#random(26);
    const key = nanoid();
    // nanoid cuts keys out of a long text of random characters, which each key would keep alive. Slices as
    // short as half a key are copied by all engines.
    return key.slice(0, 10) + key.slice(10);
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
    return this.#makeIn(this.#random(partitionLength), wallNow());
  }

  #makeIn(partition: string, ms: number): string {
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#time = pfidTimeOf(ms);
    }
    return this.#time + partition + this.#random(randomLength);
  }

  #random(length: number): string {
    if (this.#used + length > this.#pool.length) this.#fillPool();
    this.#used += length;
    return this.#pool.slice(this.#used - length, this.#used);
  }

  #fillPool(): void {
    this.#isRandom ??= nativeDiffers();
    const bytes = this.#isRandom
      ? drawNative(randomPoolLength)
      : new Uint8Array(randomPoolLength).map(() => this.#mixed());
    // 256 is a multiple of 32, so that the lowest 5 bits of a byte are as random as the byte.
    const codes = bytes.map((byte) => pfidAlphabet.charCodeAt(byte % 32));
    this.#pool = new TextDecoder().decode(codes);
    this.#used = 0;
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
