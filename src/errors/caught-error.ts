import { MAX_CAUSE_LEVELS } from '../lib/connection-errors.ts';
import type { Redact } from '../lib/snippets.ts';
import { codeSnippetOf, snippetOf } from '../lib/snippets.ts';
import { tried } from '../lib/user-code.ts';
import { isObjectLike } from '../lib/value-checks.ts';

/** How many lines of a stack are kept for users who look for a mistake in their own code. */
export const CAUGHT_STACK_FRAMES = 8;

/**
 * A copy of what code that is not ours threw: name, message, `code`, `syscall`, and its causes. To print an
 * error prints its cause with all its fields, and what broke a request may hold the whole request, token
 * included: undici's parser keeps the bytes. Of several errors (an AggregateError) the first is copied.
 * `frames`: how many lines of the stack are kept.
 */
export function copyOfCaught(
  caught: unknown,
  redact: Redact,
  frames = 0,
  levels: number = MAX_CAUSE_LEVELS,
): unknown {
  if (typeof caught === 'string') return snippetOf(caught, redact);
  if (!isErrorLike(caught)) {
    const kind = caught === null || caught === undefined ? caught : `of type ${typeof caught}`;
    return new Error(`What was thrown is no error, but ${kind}.`);
  }
  const errors = fieldOfCaught(caught, 'errors');
  const inner = fieldOfCaught(caught, 'cause') ?? (Array.isArray(errors) ? errors[0] : undefined);
  const cause =
    levels > 1 && isErrorLike(inner)
      ? { cause: copyOfCaught(inner, redact, 0, levels - 1) }
      : undefined;
  const copy = new Error(snippetOf(textOf(caught, 'message') ?? '', redact), cause);
  copy.name = snippetOf(textOf(caught, 'name') ?? 'Error', redact);
  copy.stack = [`${copy.name}: ${copy.message}`, ...framesOf(caught, redact, frames)].join('\n');
  for (const name of ['code', 'syscall']) {
    const word = textOf(caught, name);
    const clean = word && codeSnippetOf(word, redact);
    if (clean !== undefined) Object.assign(copy, { [name]: clean });
  }
  return copy;
}

/** Errors of another realm are no instances of ours. */
function isErrorLike(value: unknown): value is object {
  return isObjectLike(value) && textOf(value, 'message') !== undefined;
}

function textOf(value: object, name: string): string | undefined {
  const text = fieldOfCaught(value, name);
  return typeof text === 'string' ? text : undefined;
}

/** A field that may be a getter, and throw. */
function fieldOfCaught(value: object, name: string): unknown {
  return tried(() => Reflect.get(value, name));
}

/** The message comes before them, and may be of any length. */
function framesOf(error: object, redact: Redact, frames: number): string[] {
  const lines = frames === 0 ? [] : (textOf(error, 'stack') ?? '').split('\n');
  return lines
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, frames)
    .map((line) => snippetOf(line, redact));
}
