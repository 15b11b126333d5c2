import { readActions } from '../../src/replay/actions/action-file.ts';
import type { RecordedAction } from '../../src/replay/actions/recorded-action.ts';
import { replayBatched } from '../../src/replay/batched-replay.ts';
import { replayOneByOne } from '../../src/replay/one-by-one-replay.ts';
import type { ReplayResult } from '../../src/replay/replay-result.ts';
import type { Target } from '../contenders/contender.ts';
import { TOKEN } from '../contenders/contender.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Measured } from '../job.ts';
import { startMeter } from './meter.ts';

/** A recording as fast as possible. It is read beforehand, since that is no work of a client. */
export async function replay(
  contender: ContenderName,
  target: Target,
  file: string,
): Promise<Measured> {
  const actions: RecordedAction[] = [];
  for await (const action of readActions(file)) actions.push(action);
  const send = await senderOf(contender, target);
  const stop = startMeter();
  const replayed = await send(actions);
  return {
    called: replayed.actions,
    settled: replayed.succeeded,
    errors: replayed.errors.map(String),
    ...stop(),
  };
}

async function senderOf(
  contender: ContenderName,
  target: Target,
): Promise<(actions: readonly RecordedAction[]) => Promise<ReplayResult>> {
  if (contender === 'one by one') {
    return (actions) => replayOneByOne(actions, { ...target, token: TOKEN });
  }
  if (contender !== 'ours') throw new Error(`${contender} cannot replay a recording.`);
  const { makeClient } = await import('../contenders/ours.ts');
  return async (actions) => {
    // With its own bounds: a recording waits for room, as the guide says.
    const client = makeClient(target, { queue: {} });
    const replayed = await replayBatched(actions, client);
    await client.close();
    return replayed;
  };
}
