import type { Span } from './handles.ts';
import { needsFunction, SPAN_NEEDS, WITHIN_NEEDS } from './mistakes.ts';

/** In place of a span that is not recorded: what is done with it runs as if nobody looked. */
export const unrecordedSpan: Span = {
  span: (_, fn) => {
    needsFunction(fn, SPAN_NEEDS);
    return fn(unrecordedSpan);
  },
  startSpan: () => unrecordedSpan,
  within: (fn) => {
    needsFunction(fn, WITHIN_NEEDS);
    return fn();
  },
  set() {},
  end() {},
};
