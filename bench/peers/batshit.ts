import { create, windowedFiniteBatchScheduler } from '@yornaath/batshit';
import type { Caller, Target } from '../contenders/contender.ts';
import type { Item, Outputs } from '../contenders/wire.ts';
import { postByFetch, resultOf, toItem } from '../contenders/wire.ts';
import { BATCH, bounded } from './batches.ts';

export function make(target: Target): Caller {
  const send = bounded(target, postByFetch(target.url));
  const batcher = create<Outputs, Item, object>({
    fetcher: send,
    resolver: resultOf,
    scheduler: windowedFiniteBatchScheduler({ windowMs: 1, maxBatchSize: BATCH }),
  });
  return {
    kind: 'caller',
    create: (span) => batcher.fetch(toItem(span)),
    close: async () => {},
  };
}
