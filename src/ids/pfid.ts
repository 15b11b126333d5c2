import { wallNow } from '../internal/clock.ts';
import { alphabet, randomText } from './random-text.ts';

/**
 * PFIDs: 32 characters of Crockford's base32, of which 10 are the time in milliseconds, 6 the
 * partition and 16 random (wire.md 8, [pfid typescript/src/pfid.ts]). As the official package makes
 * them, but without Buffer and many times faster, since a client may make one per call.
 */
const form = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const timeLength = 10;
const partitionLength = 6;
const randomLength = 16;
/** The last millisecond that an id can hold, in the year 10889. */
const maxTimeMs = 2 ** 48 - 1;

export function isPfid(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value === related || form.test(value);
}

/** An id in the partition of `pfid`, which has to be a PFID. */
export function generateRelated(pfid: string): string {
  return timeText() + partitionOf(pfid) + randomText(randomLength);
}

/** The id of that time, in that partition, that ends in those 16 characters of the alphabet. */
export function pfidFrom(ms: number, pfid: string, random: string): string {
  return timeTextOf(ms) + partitionOf(pfid) + random;
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

/**
 * The time now, or the nearest that an id can hold; made once per millisecond. Ids only sort by it:
 * what makes each another is drawn at random.
 */
function timeText(): string {
  const ms = wallNow();
  if (ms !== textMs) {
    textMs = ms;
    text = timeTextOf(ms);
  }
  return text;
}

function timeTextOf(ms: number): string {
  let made = '';
  // Division, since bit operators end at 32 of the 48 bits.
  for (
    let rest = Math.min(Math.max(ms, 0), maxTimeMs);
    made.length < timeLength;
    rest = Math.floor(rest / 32)
  ) {
    made = alphabet.charAt(rest % 32) + made;
  }
  return made;
}
