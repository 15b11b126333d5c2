// What every action has: all checks come before the first change, so that each is a transaction of
// its own (docs/internals/api.md, "Processing") without a way back being needed.

import type { Store } from '../state/store.ts';
import type { ErrorOutput, Output, SuccessOutput } from '../wire/outputs.ts';
import { errorLike, errorOutput } from '../wire/outputs.ts';
import type { EmulatedAction } from './emulated-action.ts';

/** The answer, and which resource it was about. */
export interface ActionResult {
  readonly output: Output;
  readonly id: string | null;
}

export type ActionHandler = (action: EmulatedAction) => ActionResult;

export function success(output: Omit<SuccessOutput, 'status'>, id: string | null): ActionResult {
  return { output: { status: 'success', ...output }, id };
}

export function failure(output: ErrorOutput, id: string | null = null): ActionResult {
  return { output, id };
}

/** `id` is empty where it is among what is wrong. */
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
