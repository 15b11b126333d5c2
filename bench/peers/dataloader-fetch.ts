import type { Caller, Target } from '../contenders/contender.ts';
import { postByFetch } from '../contenders/wire.ts';
import { loaderOver } from './dataloader.ts';

export function make(target: Target): Caller {
  return loaderOver(target, postByFetch(target.url));
}
