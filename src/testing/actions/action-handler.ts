// What every action has: all checks come before the first change, so that each is a transaction of
// its own (docs/internals/api.md, "Processing") without a way back being needed.

import type { RequestNotes } from '../report/recorder.ts';
import type { Store } from '../state/store.ts';
import type { Fields } from '../wire/items.ts';
import type { ErrorOutput, Output, SuccessOutput } from '../wire/outputs.ts';
import { errorLike, errorOutput } from '../wire/outputs.ts';

/** An item that runs. */
export interface EmulatedAction extends RequestNotes {
  readonly store: Store;
  readonly key: string | null;
  readonly fields: Fields;
  /** What is wrong with them, as far as they have been read. */
  readonly problems: Problems;
}

/** What is wrong, by field: a list of sentences each, as in the mocks (docs/internals/api.md, "Error body"). */
export class Problems {
  #found: Map<string, string[]> | undefined;

  get any(): boolean {
    return this.#found !== undefined;
  }

  add(field: string, problem: string): void {
    this.#found ??= new Map();
    const known = this.#found.get(field);
    if (known === undefined) this.#found.set(field, [problem]);
    else known.push(problem);
  }

  toErrors(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.#found ?? []);
  }
}

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

export function invalid(
  message: string,
  { problems }: EmulatedAction,
  id: string | null = null,
): ActionResult {
  return failure(errorOutput('validation_errors', message, { errors: problems.toErrors() }), id);
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
