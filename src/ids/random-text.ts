import { wallNow } from '../internal/clock.ts';

/** Crockford's base32. */
export const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

// Characters are drawn in bulk: one draw per id costs more than all the rest.
// getRandomValues gives 65,536 bytes at most.
const poolLength = 16_384;
let pool = '';
let used = 0;

/** So many random characters of `alphabet`. */
export function randomText(length: number): string {
  if (used + length > pool.length) {
    // 256 is a multiple of 32, so that the lowest 5 bits of a byte are as random as the byte.
    const bytes = draw(new Uint8Array(poolLength));
    pool = decoder.decode(bytes.map((byte) => alphabet.charCodeAt(byte % 32)));
    used = 0;
  }
  used += length;
  return pool.slice(used - length, used);
}

const decoder = new TextDecoder();

// As this module found them: tests put others in their place, that fill in nothing, or always the same.
const ownCrypto = globalThis.crypto;
const ownGetRandomValues = ownCrypto.getRandomValues;

/** Whether whoever draws by `crypto.getRandomValues` gets something else each time. */
export function isCryptoRandom(): boolean {
  return globalThis.crypto?.getRandomValues === ownGetRandomValues && ownDiffers();
}

let differs: boolean | undefined;

/** Not asked before the first draw: some runtimes let nobody draw while modules are loaded. */
function ownDiffers(): boolean {
  if (differs === undefined) {
    const first = drawOwn(new Uint8Array(16)).join();
    differs = drawOwn(new Uint8Array(16)).join() !== first;
  }
  return differs;
}

function draw(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  return ownDiffers() ? drawOwn(bytes) : bytes.map(mixed);
}

function drawOwn(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  ownGetRandomValues.call(ownCrypto, bytes);
  return bytes;
}

let seed: number | undefined;

/** Splitmix32. An id has to be another each time, and need not be a secret. */
function mixed(): number {
  seed = ((seed ?? wallNow()) + 0x9e3779b9) | 0;
  const half = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
  const whole = Math.imul(half ^ (half >>> 15), 0x735a2d97);
  return (whole ^ (whole >>> 15)) & 255;
}
