// How actions end. In each of them all checks come before the first change: so it is a transaction of its own
// (docs/internals/api.md, "Processing"), and nothing ever needs to be undone.

import type { Store } from '../state/store.ts';
import { errorLike, errorOutput } from '../wire/errors.ts';
import type { ActionResult, ErrorOutput, SuccessOutput } from '../wire/items-outputs.ts';
import type { EmulatedAction } from './emulated-action.ts';

export type ActionHandler = (action: EmulatedAction) => ActionResult;

export function success(output: Omit<SuccessOutput, 'status'>, id: string | null): ActionResult {
  return { output: { status: 'success', ...output }, id };
}

export function failure(output: ErrorOutput, id: string | null = null): ActionResult {
  return { output, id };
}

/** @param id Empty if it is one of the wrong fields. */
export function invalid(message: string, action: EmulatedAction, id: string | null): ActionResult {
  const errors = action.problems;
  return failure(errorOutput('validation_errors', message, { errors }), id === '' ? null : id);
}

export function notFound(what: string, id: string | null): ActionResult {
  return failure(errorOutput('not_found', `${what} not found`), id);
}

export function invalidAction(message: string, id: string | null): ActionResult {
  return failure(errorOutput('invalid_action', message), id);
}

/** For a create whose id is there already. What the API says then is **unknown** (docs/internals/api.md, "Ids"). */
export function taken({ options }: Store, message: string, id: string): ActionResult {
  const errors = { id: ['has already been taken'] };
  const standard = errorOutput('validation_errors', message, { errors });
  return failure(errorLike(options.takenId, standard), id);
}
