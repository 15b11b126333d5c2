import { catchRejection } from '../lib/user-code.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import { isObject, kindOf } from '../schemas/check.ts';
import { copyAction, withoutUndefined } from './defensive-copy.ts';
import { InvalidCall } from './invalid-call.ts';

/** Sees an action in wire form, and gives back what is to be sent; null: nothing. */
export type BeforeEnqueue = (action: WireAction) => unknown;

/**
 * Asks the hook. What it gives back is checked again, as strictly as what callers give, since it
 * may hold anything. Undefined: the call is to be left out.
 */
export function askHook(
  hook: BeforeEnqueue,
  kind: WireKind<unknown>,
  action: WireAction,
): WireAction | undefined {
  const answer = ask(hook, withoutUndefined(action));
  if (answer === null) return undefined;
  const isAsync = catchRejection(answer, () => {});
  if (!isObject(answer) || isAsync) {
    const was = isAsync ? 'a promise, and it has to be synchronous' : kindOf(answer);
    throw refusal(`must return an action or null, but what it returned is ${was}`);
  }
  const { _type, idempotency_key } = action;
  if (answer['_type'] !== _type || answer['idempotency_key'] !== idempotency_key) {
    throw refusal('must leave _type and idempotency_key as they are');
  }
  const own = copyAction(answer, _type, idempotency_key);
  const issues = kind.checkAction(own);
  if (issues !== undefined) throw new InvalidCall(issues.map(ofHook));
  return own;
}

function ask(hook: BeforeEnqueue, action: WireAction): unknown {
  try {
    return hook(action);
  } catch (cause) {
    throw new InvalidCall([{ path: 'beforeEnqueue', message: 'threw (see cause)' }], cause);
  }
}

function refusal(message: string): InvalidCall {
  return new InvalidCall([{ path: 'beforeEnqueue', message }]);
}

function ofHook({ path, message }: { readonly path: string; readonly message: string }) {
  return { path, message: `${message}, in what beforeEnqueue returned` };
}
