import DataLoader from 'dataloader';
import type { Caller, Target } from '../contenders/contender.ts';
import type { Span } from '../contenders/span.ts';
import type { Post } from '../contenders/wire.ts';
import { resultOf, toItem } from '../contenders/wire.ts';
import { BATCH, bounded } from './batches.ts';

/** Dataloader as its guide has it, in its own scheduling; no cache, since no two spans are the same. */
export function loaderOver(target: Target, post: Post): Caller {
  const send = bounded(target, post);
  const loader = new DataLoader<Span, object>(
    async (spans) => {
      const items = spans.map(toItem);
      const outputs = await send(items);
      return items.map((item) => {
        try {
          return resultOf(outputs, item);
        } catch (error) {
          return error as Error;
        }
      });
    },
    { maxBatchSize: BATCH, cache: false },
  );
  return { kind: 'caller', create: (span) => loader.load(span), close: async () => {} };
}
