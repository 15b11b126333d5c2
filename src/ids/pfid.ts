// PFIDs: 32 characters of Crockford's base32, of which 10 are the time in milliseconds, 6 the
// partition and 16 random (docs/internals/api.md, "Ids").
export const pfidAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export const timeLength = 10;
export const partitionLength = 6;
export const randomLength = 16;

const pfidForm = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;

export function isPfid(value: unknown): value is string {
  return typeof value === 'string' && pfidForm.test(value);
}

export function partitionOf(pfid: string): string {
  return pfid.slice(timeLength, timeLength + partitionLength);
}
