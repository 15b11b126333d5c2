import type { Check } from './checks.ts';

/** Set by the client or by the connection; a second value would break or fool one of them. */
const reserved: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-prefactor-sdk',
]);

const namePattern = /^[\w!#$%&'*+.^`|~-]+$/;
// No line break can be in it, and nothing that fetch would refuse later, with the value in its message.
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Checks a record of header fields. Values are never shown: they may be secrets. */
export const headerFields: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be an object of header names and their values';
  }
  for (const [name, text] of Object.entries(value)) {
    if (!namePattern.test(name)) {
      return `must not hold the name ${JSON.stringify(name)}: it is no valid header name`;
    }
    if (reserved.has(name.toLowerCase())) {
      return `must not hold ${name}: the client sets it itself`;
    }
    if (typeof text !== 'string' || !valuePattern.test(text)) {
      return `must hold a string of Latin-1 characters without line breaks for ${name}`;
    }
  }
  return undefined;
};

/** What a token has to be, in words that never show one. */
export const TOKEN = 'printable ASCII characters, without blanks and line breaks';

/**
 * Checks a bearer token: whatever passes can be sent in a header and ends nowhere else in it. Beyond
 * ASCII, each way to send a header has bytes of its own for a character.
 */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}
