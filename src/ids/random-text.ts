import { wallNow } from '../internal/clock.ts';
import { alphabet } from './pfid.ts';

// Characters are drawn in bulk: one draw per id costs more than all the rest.
// A client may be made for a few calls only, so not very many.
const poolLength = 4_096;

// As this module found them: tests put others in their place, that fill in nothing, or always the same.
const ownCrypto = globalThis.crypto;
const ownGetRandomValues = ownCrypto.getRandomValues;

/** Random characters of the alphabet of PFIDs. */
export class RandomText {
  #pool = '';
  #used = 0;
  /** Whether our own getRandomValues gives something else each time; undefined before that was looked at. */
  #ownDiffers: boolean | undefined;
  #seed: number | undefined;

  /** Whether whoever draws by `crypto.getRandomValues` gets something else each time. */
  isOfCrypto(): boolean {
    // Not asked before the first draw: some runtimes let nobody draw while modules are loaded.
    this.#ownDiffers ??= ownDiffers();
    return this.#ownDiffers && globalThis.crypto?.getRandomValues === ownGetRandomValues;
  }

  take(length: number): string {
    if (this.#used + length > this.#pool.length) this.#fill();
    this.#used += length;
    return this.#pool.slice(this.#used - length, this.#used);
  }

  #fill(): void {
    this.#ownDiffers ??= ownDiffers();
    const bytes = this.#ownDiffers
      ? drawOwn(poolLength)
      : new Uint8Array(poolLength).map(() => this.#mixed());
    // 256 is a multiple of 32, so that the lowest 5 bits of a byte are as random as the byte.
    const codes = bytes.map((byte) => alphabet.charCodeAt(byte % 32));
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

function ownDiffers(): boolean {
  const first = drawOwn(16).join();
  return drawOwn(16).join() !== first;
}

function drawOwn(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  ownGetRandomValues.call(ownCrypto, bytes);
  return bytes;
}
