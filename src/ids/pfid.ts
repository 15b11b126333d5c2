import { wallNow } from '../internal/clock.ts';

/**
 * PFIDs: 32 characters of Crockford's base32, of which 10 are the time in milliseconds, 6 the
 * partition and 16 random (wire.md 8, [pfid typescript/src/pfid.ts]). As the official package makes
 * them, but without Buffer and many times faster, since a client may make one per call.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const form = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const timeLength = 10;
const partitionLength = 6;
const randomLength = 16;

export function isPfid(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value === related || form.test(value);
}

/** An id in the partition of `pfid`, which has to be a PFID. */
export function generateRelated(pfid: string): string {
  return timeText() + partitionOf(pfid) + randomText(randomLength);
}

/** What was asked for last: mostly it is the same run as before. */
let related: string | undefined;
let partition = '';

function partitionOf(pfid: string): string {
  if (pfid !== related) {
    related = pfid;
    partition = pfid.slice(timeLength, timeLength + partitionLength);
  }
  return partition;
}

/** An id in a partition of its own, drawn at random. */
export function generateRoot(): string {
  return timeText() + randomText(partitionLength + randomLength);
}

let textMs = Number.NaN;
let text = '';

/** The time now; made once per millisecond. */
function timeText(): string {
  const ms = wallNow();
  if (ms !== textMs) {
    textMs = ms;
    text = '';
    // Division, since bit operators end at 32 of the 48 bits.
    for (let rest = ms; text.length < timeLength; rest = Math.floor(rest / 32)) {
      text = alphabet.charAt(rest % 32) + text;
    }
  }
  return text;
}

// Random characters are drawn in bulk: one draw per id costs more than all the rest.
// getRandomValues gives 65,536 bytes at most.
const poolLength = 16_384;
let pool = '';
let used = 0;

function randomText(length: number): string {
  if (used + length > pool.length) {
    // 256 is a multiple of 32, so that the lowest 5 bits of a byte are as random as the byte.
    const bytes = crypto.getRandomValues(new Uint8Array(poolLength));
    pool = decoder.decode(bytes.map((byte) => alphabet.charCodeAt(byte % 32)));
    used = 0;
  }
  used += length;
  return pool.slice(used - length, used);
}

const decoder = new TextDecoder();
