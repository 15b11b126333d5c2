// PFIDs: 32 characters of Crockford's base32, of which 10 are the time in milliseconds, 6 the
// partition and 16 random (docs/internals/api.md, "Ids").
export const pfidAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const timeLength = 10;
export const partitionLength = 6;
export const randomLength = 16;
/** The last millisecond that an id can hold, in the year 10889. */
const maxTimeMs = 2 ** 48 - 1;

const pfidForm = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;

export function isPfid(value: unknown): value is string {
  return typeof value === 'string' && pfidForm.test(value);
}

/** The id of that time, in the partition of `pfid`, that ends in those 16 characters of the alphabet. */
export function pfidFrom(ms: number, pfid: string, random: string): string {
  return pfidTimeOf(ms) + partitionOf(pfid) + random;
}

export function partitionOf(pfid: string): string {
  return pfid.slice(timeLength, timeLength + partitionLength);
}

/** The first characters of an id of that time, or of the nearest that an id can hold. */
export function pfidTimeOf(ms: number): string {
  let text = '';
  // Division, since bit operators end at 32 of the 48 bits.
  for (let rest = Math.min(Math.max(ms, 0), maxTimeMs); text.length < timeLength; ) {
    text = pfidAlphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
