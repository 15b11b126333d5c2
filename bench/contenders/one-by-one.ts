/** A request for each call, by the global fetch; so many at once. */
import { Slots } from '../../src/recordings/concurrency-slots.ts';
import type { Caller, Target } from './contender.ts';
import { postSingle } from './wire.ts';

export function makeOneByOne({ url, inFlight }: Target): Caller {
  const slots = new Slots(inFlight);
  return {
    kind: 'caller',
    create: (span) => slots.use(() => postSingle(url, span)),
    close: async () => {},
  };
}

/** The same without any bookkeeping. */
export function makeDirect({ url }: Target): Caller {
  return { kind: 'caller', create: (span) => postSingle(url, span), close: async () => {} };
}
