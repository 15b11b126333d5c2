// PFIDs (docs/internals/api.md, "Ids"): 32 characters of Crockford base32, of
// which 10 are the Unix milliseconds, 6 the partition, 16 random. Our own copy, on purpose.

import type { Random } from '../lib/random.ts';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const PATTERN = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const TIME_DIGITS = 10;
const PARTITION_DIGITS = 6;
const RANDOM_DIGITS = 16;

export function isPfid(value: unknown): value is string {
  return typeof value === 'string' && PATTERN.test(value);
}

/** The partition of an id, as the characters that stand for it. */
export function partitionText(pfid: string): string {
  return pfid.slice(TIME_DIGITS, TIME_DIGITS + PARTITION_DIGITS);
}

export function makePfid(timeMs: number, partition: string, random: Random): string {
  const time = digits(Math.max(0, Math.floor(timeMs)), TIME_DIGITS);
  const codes: number[] = [];
  for (let i = 0; i < RANDOM_DIGITS; i++) codes.push(DIGITS.charCodeAt(random.below(32)));
  return time + partition + String.fromCharCode(...codes);
}

export function randomPartition(random: Random): string {
  return digits(random.below(32 ** PARTITION_DIGITS), PARTITION_DIGITS);
}

function digits(value: number, count: number): string {
  const codes: number[] = [];
  let rest = value;
  for (let i = 0; i < count; i++) {
    codes.unshift(DIGITS.charCodeAt(rest % 32));
    rest = Math.floor(rest / 32);
  }
  return String.fromCharCode(...codes);
}
