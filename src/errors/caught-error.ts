import { unsliced } from '../lib/strings.ts';
import type { Redact } from './error-answer.ts';
import { snippetOf } from './error-answer.ts';

/** How deep a chain of errors is followed: what was caught, and what that goes back to. */
const LEVELS = 3;
const MAX_WORD_LENGTH = 100;

/**
 * A copy of what code that is not ours threw: name, message, `code`, `syscall`, and its causes. To print an
 * error prints its cause with all its fields, and what broke a request may hold the whole request, token
 * included: undici's parser keeps the bytes. Of several errors (an AggregateError) the first is copied.
 * `frames`: how many lines of the stack are kept, for users who look for a fault in their own code.
 */
export function copyOfCaught(
  caught: unknown,
  redact: Redact,
  { levels = LEVELS, frames = 0 }: { readonly levels?: number; readonly frames?: number } = {},
): unknown {
  if (typeof caught === 'string') return snippetOf(caught, redact);
  if (!isErrorLike(caught)) return new Error(`What was thrown is no error, but ${kindOf(caught)}.`);
  const inner = field(caught, 'cause') ?? firstOf(field(caught, 'errors'));
  const cause =
    levels > 1 && isErrorLike(inner)
      ? { cause: copyOfCaught(inner, redact, { levels: levels - 1 }) }
      : undefined;
  const copy = new Error(snippetOf(textOf(caught, 'message') ?? '', redact), cause);
  copy.name = snippetOf(textOf(caught, 'name') ?? 'Error', redact);
  copy.stack = [`${copy.name}: ${copy.message}`, ...framesOf(caught, redact, frames)].join('\n');
  for (const name of ['code', 'syscall']) {
    const word = textOf(caught, name);
    const clean = word && unsliced(redact(word).slice(0, MAX_WORD_LENGTH));
    if (clean !== undefined) Object.assign(copy, { [name]: clean });
  }
  return copy;
}

/** Errors of another realm are no instances of ours. */
function isErrorLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null && textOf(value, 'message') !== undefined;
}

function textOf(value: object, name: string): string | undefined {
  const text = field(value, name);
  return typeof text === 'string' ? text : undefined;
}

/** A field that may be a getter, and throw. */
function field(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function firstOf(errors: unknown): unknown {
  return Array.isArray(errors) ? errors[0] : undefined;
}

/** The message comes before them, and may be of any length. */
function framesOf(error: object, redact: Redact, frames: number): string[] {
  const lines = frames === 0 ? [] : (textOf(error, 'stack') ?? '').split('\n');
  return lines
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, frames)
    .map((line) => snippetOf(line, redact));
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return `of type ${typeof value}`;
}
