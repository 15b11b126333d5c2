// PFIDs (docs/internals/api.md, "Ids"): 32 characters of Crockford base32, of which the first 10 are the Unix
// milliseconds, the next 6 the partition, and 16 random. Our own copy, on purpose.

import type { Random } from '../lib/random.ts';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

export function isPfid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-7][0-9a-hjkmnp-tv-z]{31}$/.test(value);
}

/** The partition of an id, as the characters that stand for it. */
export function partitionText(pfid: string): string {
  return pfid.slice(10, 16);
}

export function makePfid(timeMs: number, partition: string, random: Random): string {
  const time = pfidDigits(Math.max(0, Math.floor(timeMs)), 10);
  let id = time + partition;
  for (let i = 0; i < 16; i++) id += DIGITS.charAt(random.below(32));
  return id;
}

export function randomPartition(random: Random): string {
  return pfidDigits(random.below(32 ** 6), 6);
}

function pfidDigits(value: number, count: number): string {
  let text = '';
  for (let rest = value; text.length < count; rest = Math.floor(rest / 32)) {
    text = DIGITS.charAt(rest % 32) + text;
  }
  return text;
}
