// What is written into a span. The names are those of the official SDK (`transformSpanToApiFormat` and
// `buildSpanResultPayload` of @prefactor/core 0.2.9), so that dashboards read spans of both alike: `name`, `inputs` and
// `metadata` of a payload; a result that is the output itself, or `result` where that is no object; `error_type`,
// `message` and `stacktrace` of an error; `token_usage` with its three counts.
import { isObject } from '../lib/own-fields.ts';
import type { TokenUsage } from './handles.ts';

/** Copies a value: see `serialise`. */
export type Serialise = (value: unknown) => unknown;

export type Fields = Record<string, unknown>;

export function payloadOf(name: unknown, input: unknown, attributes: unknown): Fields {
  return {
    name,
    inputs: isObject(input) ? input : input === undefined ? {} : { input },
    ...(attributes === undefined ? {} : { metadata: attributes }),
  };
}

/** What a span has to say at its end; copies all. */
export interface SpanResult {
  readonly output: unknown;
  readonly error: unknown;
  readonly attributes: unknown;
  readonly tokenUsage: unknown;
}

export function resultPayloadOf({ output, error, attributes, tokenUsage }: SpanResult): Fields {
  const more: Fields = {};
  if (tokenUsage !== undefined) more['token_usage'] = tokenUsage;
  if (attributes !== undefined) more['metadata'] = attributes;
  if (error !== undefined) {
    if (output !== undefined) more['result'] = output;
    return { ...errorPayloadOf(error), ...more };
  }
  if (output === undefined) return more;
  // An output that has such a field itself keeps it.
  const isItself = isObject(output) && Object.keys(more).every((name) => !(name in output));
  return isItself ? { ...output, ...more } : { result: output, ...more };
}

/** `error`: a copy of what was thrown. What is more than the SDK writes is in `cause` and `fields`. */
function errorPayloadOf(error: unknown): Fields {
  if (!isObject(error) || !('message' in error)) {
    const message = 'what was thrown is no Error';
    return { error_type: 'Error', message, stacktrace: '', thrown: error };
  }
  const { name, message, stack, cause, ...fields } = error;
  return {
    error_type: name ?? 'Error',
    message,
    stacktrace: stack ?? '',
    ...(cause === undefined ? {} : { cause }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}

export function tokenUsagePayload(usage: TokenUsage | undefined): Fields | undefined {
  if (usage === undefined) return undefined;
  const { promptTokens, completionTokens, totalTokens } = usage;
  return {
    prompt_tokens: promptTokens ?? null,
    completion_tokens: completionTokens ?? null,
    total_tokens: totalTokens ?? null,
  };
}
