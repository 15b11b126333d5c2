// What every action has: all checks come before the first change, so that each is a transaction of
// its own (docs/internals/api.md, "Processing") without a way back being needed.

import type { World } from '../state/store.ts';
import { errorLike, errorOutput } from '../wire/error-output.ts';
import type { ErrorOutput, Fields, Output, SuccessOutput } from '../wire/items.ts';
import type { Problems } from './field-reader.ts';
import { FieldReader } from './field-reader.ts';

export interface ActionCall {
  readonly world: World;
  readonly key: string | null;
  readonly fields: Fields;
  /** What is wrong with them, as far as they have been read. */
  readonly problems: Problems;
  /** Notes that the client broke the contract, beyond what the answer says. */
  breach(sentence: string): void;
  /** Notes a field that is left out of account. */
  drop(field: string): void;
}

/** The answer, and which resource it was about. */
export interface Ran {
  readonly output: Output;
  readonly id: string | null;
}

export type Action = (call: ActionCall) => Ran;

export function success(output: Omit<SuccessOutput, 'status'>, id: string | null): Ran {
  return { output: { status: 'success', ...output }, id };
}

export function failure(output: ErrorOutput, id: string | null = null): Ran {
  return { output, id };
}

export function invalid(message: string, { problems }: ActionCall, id: string | null = null): Ran {
  return failure(errorOutput('validation_errors', message, { errors: problems.toErrors() }), id);
}

export function notFound(what: string, id: string | null): Ran {
  return failure(errorOutput('not_found', `${what} not found`), id);
}

export function invalidAction(message: string, id: string | null): Ran {
  return failure(errorOutput('invalid_action', message), id);
}

/** For a create whose id is there already. What the API says then is **unknown** (docs/internals/api.md, "Ids"). */
export function taken({ rules }: World, message: string, id: string): Ran {
  const errors = { id: ['has already been taken'] };
  return failure(
    errorLike(rules.takenId, errorOutput('validation_errors', message, { errors })),
    id,
  );
}

/**
 * Reads fields of an action: those within it, where others are given. Drops what nobody knows, as the API does
 * (docs/internals/api.md, "Actions"), and reports it; where the rules are strict, refuses it.
 *
 * @param at Goes before the names in the problems, such as `agent_version.`.
 * @param below Goes before the names in that report, such as `details.`.
 */
export function readFields(
  call: ActionCall,
  known: ReadonlySet<string>,
  fields: Fields = call.fields,
  at = '',
  below = '',
): FieldReader {
  const { problems } = call;
  const reader = new FieldReader({ fields, problems, at });
  for (const name of reader.unknown(known)) {
    if (call.world.rules.strict) {
      call.breach(`Unknown field "${below}${name}"`);
      problems.add(name, 'is not a known field');
    } else {
      call.drop(below + name);
    }
  }
  return reader;
}
