/**
 * PFIDs: 32 characters of Crockford's base32, of which 10 are the time in milliseconds, 6 the
 * partition and 16 random (docs/internals/api.md, "Ids").
 */
export const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const form = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;

export function isPfid(value: unknown): value is string {
  return typeof value === 'string' && form.test(value);
}
