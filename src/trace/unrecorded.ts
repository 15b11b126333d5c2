import type { Span } from './handles.ts';

/** In place of a span that is not recorded: what is done with it runs as if nobody looked. */
export const unrecordedSpan: Span = {
  span: (_, fn) => fn(unrecordedSpan),
  startSpan: () => unrecordedSpan,
  within: (fn) => fn(),
  set() {},
  end() {},
};
