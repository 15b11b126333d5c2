import PQueue from 'p-queue';
import type { Caller, Target } from '../contenders/contender.ts';
import { postSingle } from '../contenders/wire.ts';

export function make({ url, inFlight }: Target): Caller {
  const queue = new PQueue({ concurrency: inFlight });
  return {
    kind: 'caller',
    create: (span) => queue.add(() => postSingle(url, span)),
    close: () => queue.onIdle(),
  };
}
