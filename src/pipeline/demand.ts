/** What a call has to have, or it is invalid. */
import type { PrefactorIssue } from '../errors/argument-error.ts';
import { checkKey } from '../ids/idempotency-key.ts';
import type { Ids } from '../ids/ids.ts';
import { unsliced } from '../lib/own-text.ts';
import { InvalidCall } from './invalid-call.ts';

/** Throws `InvalidCall` where a check has found something. */
export function demand(issues: readonly PrefactorIssue[] | undefined): void {
  if (issues !== undefined && issues.length > 0) throw new InvalidCall(issues);
}

/** Throws `InvalidCall` where a key was given that is none. */
export function demandKey(given: unknown, path: string): void {
  const message = given === undefined ? undefined : checkKey(given);
  if (message !== undefined) throw new InvalidCall([{ path, message }]);
}

/**
 * The caller's key; a fresh one where none was given, or one that the call is about to be refused for. A copy,
 * since a key is remembered for long, and one that was cut out of a text would keep all of it.
 */
export function keyFor(given: unknown, ids: Ids): string {
  return typeof given === 'string' && checkKey(given) === undefined
    ? unsliced(given)
    : ids.makeKey();
}
