import type { Span } from './handles.ts';
import type { SpanContext } from './span-context.ts';

/** Calls `fn` within a span, which ends with what comes of it. */
export function around<S extends Span, T>(context: SpanContext, span: S, fn: (span: S) => T): T {
  let result: T;
  try {
    result = context.within(span, () => fn(span));
  } catch (error) {
    span.end({ error: error ?? null });
    throw error;
  }
  if (result instanceof Promise) {
    return result.then(
      (output: unknown) => {
        span.end({ output });
        return output;
      },
      (error: unknown) => {
        span.end({ error: error ?? null });
        throw error;
      },
    ) as T;
  }
  span.end({ output: result });
  return result;
}
