import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { knownNames } from '../lib/nearest.ts';
import { isObject, own, withCleanPrototype } from '../lib/own-fields.ts';
import { kindOf, MAX_NAME_LENGTH, OBJECT } from '../lib/value-checks.ts';
import { compiled } from './compiled-schema.ts';

/** Says what is wrong with a value; undefined: nothing. */
export type Check = (value: unknown) => readonly PrefactorIssue[] | undefined;

/**
 * A check by a schema that is built, and compiled, at its first use: not on import. It takes what is
 * `unpolluted`: a field that all objects inherit would count as given.
 */
function check(build: () => z.ZodMiniObject): Check {
  let schema: z.ZodMiniObject | undefined;
  return (value) => {
    schema ??= withCleanPrototype(() => compiled(build()));
    const { error, success } = schema.safeParse(value);
    if (success) return undefined;
    const names = Object.keys(schema.shape);
    return error.issues.flatMap((issue) => issuesOf(issue, value, names));
  };
}

type SchemaFields = () => Readonly<Record<string, z.ZodMiniType>>;

/** @internal An object with these fields, and no others. */
export function onlyFields(fields: SchemaFields): Check {
  return check(() => z.strictObject(fields()));
}

/** @internal The parameters of a method: these, and a key, which is checked where it is read. */
export function paramFields(fields: SchemaFields): Check {
  return onlyFields(() => ({ ...fields(), idempotencyKey: z.optional(z.unknown()) }));
}

/** @internal An object with these fields, whatever else it has. */
export function withFields(fields: SchemaFields): Check {
  return check(() => z.looseObject(fields()));
}

/**
 * What is wrong with parameters without fields of their own, all of which would count as left out: a promise
 * that was not awaited, a Map.
 */
export function whyNoFields(params: unknown): readonly PrefactorIssue[] | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(params);
  if (prototype === Object.prototype || prototype === null) return undefined;
  const isPromise = typeof Reflect.get(params, 'then') === 'function';
  if (!isPromise && (Array.isArray(params) || !(Symbol.iterator in params))) return undefined;
  const kind = isPromise ? 'a promise: await it first' : 'a collection, such as a Map';
  return [{ path: '', message: `must be an object of named fields, but it is ${kind}` }];
}

/** The same issues, as of the field that the value was found in. */
export function within(
  field: string,
  issues: readonly PrefactorIssue[] | undefined,
): readonly PrefactorIssue[] {
  return (issues ?? []).map(({ path, message }) => ({
    path: path === '' ? field : `${field}.${path}`,
    message,
  }));
}

export const NAME: string = `a string of 1 to ${MAX_NAME_LENGTH} characters`;

// Fields of schemas, each with the text that says what it must be. Internal: zod's types show in no declaration.

/** @internal */
export function aText(): z.ZodMiniType {
  return z.custom((value) => typeof value === 'string' && value !== '', 'a non-empty string');
}

/** @internal */
export function aName(): z.ZodMiniType {
  return z.custom(isName, NAME);
}

/** @internal */
export function aBoolean(): z.ZodMiniBoolean {
  return z.boolean('true or false');
}

/** @internal An object that JSON writes in braces: see `isJsonObject`. */
export function anObject(): z.ZodMiniType {
  return z.custom(isJsonObject, OBJECT);
}

/** @internal */
export function aTime(): z.ZodMiniType {
  return z.custom(isTime, 'a Date, or a string in the form of 2026-09-01T08:00:00.000Z (ISO 8601)');
}

/**
 * An id or a name. They are written into the texts of others, and remembered: one of megabytes, given
 * by a caller or in an answer, would fill the memory.
 */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH;
}

/** The id that a result, or a call, carries. */
export function ownId(value: unknown): string | undefined {
  const id = own(value, 'id');
  return isName(id) ? id : undefined;
}

/** The same of an object that may have a `toJSON`, which decides what JSON writes in its place. */
function isJsonObject(value: unknown): boolean {
  try {
    if (!isObject(value)) return false;
    // As nearly all are.
    if (Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)) return true;
    const toJson: unknown = Reflect.get(value, 'toJSON');
    const written: unknown = typeof toJson === 'function' ? toJson.call(value) : value;
    return isObject(written) && !isWrapped(written);
  } catch {
    // Told of where the text is made.
    return true;
  }
}

/** Not what JSON writes in braces but what is in it: a string, a number, a boolean; or a text as it is. */
function isWrapped(value: object): boolean {
  if (Object.getPrototypeOf(value) === Object.prototype) return false;
  const { isRawJSON } = JSON as { readonly isRawJSON?: (value: unknown) => boolean };
  const tag = Object.prototype.toString.call(value);
  return isRawJSON?.(value) === true || /^\[object (?:String|Number|Boolean)\]$/.test(tag);
}

/** The message of a schema is what the field must be. */
function issuesOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  names: readonly string[],
): PrefactorIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((path) => ({
      path,
      message: `is not known here${knownNames(path, names)}`,
    }));
  }
  const { path } = issue;
  const wanted = path.length === 0 ? OBJECT : issue.message;
  return [{ path: path.join('.'), message: `must be ${wanted}, but it is ${kindAt(value, path)}` }];
}

function kindAt(value: unknown, path: readonly PropertyKey[]): string {
  try {
    let found = value;
    for (const step of path) found = Reflect.get(Object(found), step);
    const kind = kindOf(found);
    if (kind !== 'an object') return kind;
    const has =
      typeof Object(found).toJSON === 'function' ? 'whose toJSON gives' : 'as which JSON writes';
    return isJsonObject(found) ? kind : `an object ${has} something else`;
  } catch {
    return 'an object that cannot be read';
  }
}

const isoForm =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}:?(?:\d{2})?)?)?$/;

/** A `Date`, or a string in the form of ISO 8601. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string'
    ? isoForm.test(value)
    : value instanceof Date && !Number.isNaN(value.getTime());
}
