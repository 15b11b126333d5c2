import { isObject } from '../lib/own-fields.ts';
import { catchRejection } from '../lib/user-code.ts';
import { kindOf } from '../lib/value-checks.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import { copyAction, withoutUndefined } from './defensive-copy.ts';
import { assertNoIssues, InvalidCall } from './invalid-call.ts';

/** Takes an action in wire form, and returns the one to be sent, or null. */
export type BeforeEnqueue = (action: WireAction) => unknown;

/**
 * Asks the hook. What it gives back is checked as strictly as what callers give, since it may hold anything.
 * Undefined: the call is to be left out.
 */
export function askHook(
  hook: BeforeEnqueue,
  kind: WireKind<unknown>,
  action: WireAction,
): WireAction | undefined {
  let answer: unknown;
  try {
    answer = hook(withoutUndefined(action));
  } catch (cause) {
    throw invalid('threw (see cause)', cause);
  }
  if (answer === null) return undefined;
  const isAsync = catchRejection(answer, () => {});
  if (!isObject(answer) || isAsync) {
    const was = isAsync ? 'a promise, and it has to be synchronous' : kindOf(answer);
    throw invalid(`must return an action or null, but what it returned is ${was}`);
  }
  const { _type, idempotency_key } = action;
  if (answer['_type'] !== _type || answer['idempotency_key'] !== idempotency_key) {
    throw invalid('must leave _type and idempotency_key as they are');
  }
  const copy = copyAction(answer, _type, idempotency_key);
  const issues = kind.checkAction(copy)?.map(({ path, message }) => ({
    path,
    message: `${message}, in what beforeEnqueue returned`,
  }));
  assertNoIssues(issues);
  return copy;
}

function invalid(message: string, cause?: unknown): InvalidCall {
  return new InvalidCall([{ path: 'beforeEnqueue', message }], cause);
}
