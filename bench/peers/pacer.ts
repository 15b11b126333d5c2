import { AsyncBatcher } from '@tanstack/pacer';
import type { Caller, Target } from '../contenders/contender.ts';
import type { Item } from '../contenders/wire.ts';
import { postByFetch, resultOf, toItem } from '../contenders/wire.ts';
import { BATCH, bounded } from './batches.ts';

interface Entry {
  readonly item: Item;
  readonly resolve: (details: object) => void;
  readonly reject: (error: unknown) => void;
}

/** Its own promises tell when a timer has ended, not what became of the item; so these are ours. */
export function make(target: Target): Caller {
  const send = bounded(target, postByFetch(target.url));
  const batcher = new AsyncBatcher<Entry>(
    async (entries) => {
      const outputs = await send(entries.map(({ item }) => item));
      for (const { item, resolve, reject } of entries) {
        try {
          resolve(resultOf(outputs, item));
        } catch (error) {
          reject(error);
        }
      }
    },
    {
      maxSize: BATCH,
      wait: 1,
      onError: (error, entries) => {
        for (const { reject } of entries) reject(error);
      },
    },
  );
  return {
    kind: 'caller',
    create: (span) =>
      new Promise((resolve, reject) => {
        void batcher.addItem({ item: toItem(span), resolve, reject });
      }),
    close: async () => {},
  };
}
