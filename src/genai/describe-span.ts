import type { GenAiSpanType, TokenUsage } from '../trace/index.ts';
import type { Attributes } from './attribute-values.ts';
import { countOf, firstValue } from './attribute-values.ts';
import type { NamingFamily } from './naming-families.ts';
import { namingFamilies } from './naming-families.ts';

/** A span of somebody else's, as plain data: what OpenTelemetry calls by these names, whoever read it from where. */
export interface ForeignSpan {
  readonly name: string;
  /** As `parsedAll` gives them. */
  readonly attributes: Attributes;
  readonly events?: readonly ForeignEvent[];
  readonly status?: { readonly isError: boolean; readonly message?: unknown };
}

interface ForeignEvent {
  readonly name: string;
  readonly attributes?: Attributes | undefined;
}

/** What a span says, whatever the names by which it says it. */
export interface SpanDescription {
  /** Absent where no family says anything of it. */
  readonly type?: GenAiSpanType;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly model?: string;
  readonly tokens?: TokenUsage;
  /** Present where the span has failed. */
  readonly error?: SpanError;
  /** What is left: the attributes that are in none of the fields above. */
  readonly attributes: Attributes;
}

export interface SpanError {
  readonly type?: string;
  readonly message: string;
  readonly stacktrace?: string;
}

/** Reads a span by the table of names; a span of which no family says anything has its attributes only. */
export function describeSpan(
  span: ForeignSpan,
  families: readonly NamingFamily[] = namingFamilies,
): SpanDescription {
  const { attributes } = span;
  const used = new Set<string>();
  const type = typeOf(attributes, families, used);
  const input = columnOf('input', attributes, families, used);
  const output = columnOf('output', attributes, families, used);
  const model = columnOf('model', attributes, families, used);
  const tokens = tokensOf(attributes, families, used);
  const error = errorOf(span, families);
  const left = Object.entries(attributes).filter(([name]) => !used.has(name));
  return {
    ...(type && { type }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(typeof model === 'string' && { model }),
    ...(tokens && { tokens }),
    ...(error && { error }),
    attributes: Object.fromEntries(left),
  };
}

/** The input alone: undefined where these attributes, as `parsedAll` gives them, have none. */
export function inputOf(attributes: Attributes): unknown {
  return columnOf('input', attributes, namingFamilies, new Set());
}

function columnOf(
  column: 'input' | 'output' | 'model',
  attributes: Attributes,
  families: readonly NamingFamily[],
  used: Set<string>,
): unknown {
  for (const family of families) {
    const value = firstValue(attributes, family[column], used);
    if (value !== undefined) return value;
  }
  return undefined;
}

function typeOf(
  attributes: Attributes,
  families: readonly NamingFamily[],
  used: Set<string>,
): GenAiSpanType | undefined {
  for (const { types } of families) {
    for (const [name, byValue] of Object.entries(types)) {
      const value = String(attributes[name] ?? '').toLowerCase();
      if (!Object.hasOwn(byValue, value)) continue;
      used.add(name);
      return byValue[value];
    }
  }
  return undefined;
}

const columns = ['promptTokens', 'completionTokens', 'totalTokens'] as const;

function tokensOf(
  attributes: Attributes,
  families: readonly NamingFamily[],
  used: Set<string>,
): TokenUsage | undefined {
  const counts = columns.flatMap((column) => {
    for (const { tokens } of families) {
      const names = new Set<string>();
      const count = countOf(firstValue(attributes, tokens[column], names));
      if (count === undefined) continue;
      for (const name of names) used.add(name);
      return [[column, count] as const];
    }
    return [];
  });
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}

/** An exception alone is no failure: it may have been caught. */
function errorOf(
  { attributes, events = [], status }: ForeignSpan,
  families: readonly NamingFamily[],
): SpanError | undefined {
  const failure = families
    .map((family) => family.failure)
    .find((one) => one !== undefined && attributes[one.name] === one.value);
  if (status?.isError !== true && failure === undefined) return undefined;
  const exception = events.findLast(({ name }) => name === 'exception')?.attributes ?? {};
  const type = exception['exception.type'] ?? attributes['error.type'];
  const message =
    status?.message || (failure && attributes[failure.message]) || exception['exception.message'];
  const stacktrace = exception['exception.stacktrace'];
  return {
    ...(type !== undefined && { type: textOf(type) }),
    message: textOf(message ?? type ?? 'unknown'),
    ...(stacktrace !== undefined && { stacktrace: textOf(stacktrace) }),
  };
}

/** Many an error says in JSON what has happened. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
