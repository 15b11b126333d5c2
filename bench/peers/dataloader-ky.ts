import ky from 'ky';
import type { Caller, Target } from '../contenders/contender.ts';
import { HEADERS } from '../contenders/contender.ts';
import type { Outputs } from '../contenders/wire.ts';
import { loaderOver } from './dataloader.ts';

export function make(target: Target): Caller {
  const address = `${target.url}/api/v1/bulk`;
  return loaderOver(target, async (items) => {
    const answer = ky.post(address, { headers: HEADERS, json: { items } });
    return (await answer.json<{ outputs: Outputs }>()).outputs;
  });
}
