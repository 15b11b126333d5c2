import type { EndedByResult } from '../recorder.ts';
import type { SpanContext } from '../span-context.ts';

/** How a span may end. Only the first counts. */
export interface Ending {
  complete(output?: unknown): void;
  fail(error: unknown): void;
  cancel(): void;
  /** Whether the span has ended, by whatever. */
  isOver(): boolean;
  /** Runs what belongs to the span. */
  within<T>(run: () => T): T;
}

export function endingOf(span: EndedByResult, context: SpanContext): Ending {
  return {
    complete: (output) => span.settle({ output }),
    // `undefined`, too, may be thrown.
    fail: (error) => span.settle({ error: error ?? null }),
    cancel: () => span.settle({ status: 'cancelled' }),
    isOver: () => span.isOver,
    within: (run) => context.within(span, run),
  };
}
