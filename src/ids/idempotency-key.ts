import { unsliced } from '../lib/snippets.ts';
import type { IdGenerator } from './id-generator.ts';

// The documents say 8 to 64 and, in one newer page, 8 to 128 (docs/internals/api.md, "Bulk request", *conflicting*):
// the smaller range is right either way.
const minKeyLength = 8;
const maxKeyLength = 64;

/** What is wrong with a key that a caller gave, to follow the word for it; undefined: nothing. */
export function checkKey(key: unknown): string | undefined {
  if (typeof key !== 'string') {
    return `must be a string of ${minKeyLength} to ${maxKeyLength} characters, but it is ${key === null ? 'null' : typeof key}`;
  }
  // How the server counts is unknown: so the minimum counts whole characters, the maximum UTF-16 units.
  const characters = key.length < 2 * minKeyLength ? [...key].length : key.length;
  if (characters < minKeyLength || key.length > maxKeyLength) {
    const length = characters < minKeyLength ? characters : key.length;
    return `must have ${minKeyLength} to ${maxKeyLength} characters, but it has ${length}`;
  }
  // It would be replaced by another character on its way, and no answer could be matched.
  return /\p{Surrogate}/u.test(key) ? 'must not hold a lone surrogate' : undefined;
}

/**
 * The caller's key; a fresh one where none was given, or one that the call is about to be refused for. A copy,
 * since a key is remembered for long, and one that was cut out of a text would keep all of it.
 */
export function keyFor(given: unknown, ids: Pick<IdGenerator, 'makeKey'>): string {
  return typeof given === 'string' && checkKey(given) === undefined
    ? unsliced(given)
    : ids.makeKey();
}
