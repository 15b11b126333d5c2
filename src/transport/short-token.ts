import { isLoopback } from './api-url.ts';

/**
 * Characters of the shortest token that is taken out of texts. A shorter one is a part of common words,
 * and to take it out would garble them.
 */
export const MIN_TOKEN_LENGTH = 8;

/** What is wrong with a shorter one, to follow its name. */
export const shortTokenProblem: string = `must have at least ${MIN_TOKEN_LENGTH} characters, or it cannot be kept out of errors and logs; a shorter one is taken where apiUrl is on this machine, or the option fetch is given`;

/** Whether a token is too short for where it goes: to this machine, or through a `fetch` of a test's, any will do. */
export function isTooShort(token: string, apiUrl: string, fetch: unknown): boolean {
  if (token.length >= MIN_TOKEN_LENGTH || fetch !== undefined) return false;
  return URL.canParse(apiUrl) && !isLoopback(new URL(apiUrl).hostname);
}
