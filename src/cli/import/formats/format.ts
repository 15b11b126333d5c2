import type { ForeignSpan } from '../../../genai/describe-span.ts';
import type { NamingFamily } from '../../../genai/naming-families.ts';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';
import type { RecordKinds } from '../json-records.ts';
import type { SpanHead } from '../span-index.ts';

/** A kind of export: which records it has, and what they say. */
export interface Format {
  readonly name: 'otlp' | 'langfuse' | 'langsmith';
  readonly kinds: RecordKinds;
  /** Whose names its spans use. */
  readonly families: readonly NamingFamily[];
  /** Undefined for a record of no interest. */
  read(fields: JsonObject, kind: string): ReadRecord | undefined;
  /** What a span says; `outer` are the records around it, the nearest first. */
  describe(fields: JsonObject, outer: readonly JsonObject[]): DescribedSpan;
}

export type ReadRecord =
  | { readonly kind: 'span' | 'trace'; readonly traceId: string; readonly head: SpanHead }
  /** Says something of the spans in it. */
  | { readonly kind: 'around'; readonly fields: JsonObject }
  | { readonly kind: 'problem'; readonly problem: string };

/** Times are in nanoseconds since 1970. */
export interface DescribedSpan {
  readonly foreign: ForeignSpan;
  /** What stands in its metadata under the name of the format: where it stands in the other system. */
  readonly context: JsonObject;
  /** The same of what came until its end. */
  readonly endContext: JsonObject;
  /** Of the agent, if it is the first span of its trace. */
  readonly agentVersion: { readonly name?: string; readonly externalIdentifier?: string };
}

/** The first of those fields that says something; a name goes on into objects: `context.trace_id`. */
export function firstOf(fields: JsonObject, names: readonly string[]): unknown {
  for (const name of names) {
    const value = name.split('.').reduce(fieldOf, fields);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Without fields that say nothing: null, or empty. */
export function tellingFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isTelling(value)));
}

function isTelling(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Longer ones are no ids of any tracer; the API takes names of 200 characters. */
const MAX_ID_LENGTH = 200;

/** The head of a span, or what is wrong with it. */
export function readSpan(
  kind: 'span' | 'trace',
  given: {
    readonly traceId: unknown;
    readonly id: unknown;
    readonly parentId: unknown;
    readonly start: bigint | undefined;
    readonly end: bigint | undefined;
  },
): ReadRecord {
  const { traceId, id, parentId, start, end } = given;
  const problem = (what: string): ReadRecord => ({
    kind: 'problem',
    problem: `The ${kind} ${what}.`,
  });
  if (!isId(traceId)) return problem('has no id of a trace');
  if (!isId(id)) return problem('has no id');
  if (start === undefined) return problem(`"${id}" has no time at which it started`);
  const head = { id, parentId: isId(parentId) ? parentId : undefined, start, end };
  return { kind, traceId, head };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;
}
