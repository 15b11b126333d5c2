/** What dataloader, batshit and pacer leave to their users: to send a batch, so many at once. */

import { Slots } from '../../src/recordings/concurrency-slots.ts';
import type { Target } from '../contenders/contender.ts';
import type { Post } from '../contenders/wire.ts';

export const BATCH = 100;

export function bounded({ inFlight }: Target, post: Post): Post {
  const slots = new Slots(inFlight);
  return (items) => slots.use(() => post(items));
}
