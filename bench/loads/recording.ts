import { readActions } from '../../src/recordings/actions/action-file.ts';
import type { RecordedAction } from '../../src/recordings/actions/recorded-action.ts';
import type { SendingResult } from '../../src/recordings/send-batched-one-by-one.ts';
import { sendBatched, sendOneByOne } from '../../src/recordings/send-batched-one-by-one.ts';
import type { Target } from '../contenders/contender.ts';
import { TOKEN } from '../contenders/contender.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Measured } from '../job.ts';
import { startMeter } from './meter.ts';

/** A recording as fast as possible. It is read beforehand, since that is no work of a client. */
export async function sendRecording(
  contender: ContenderName,
  target: Target,
  file: string,
): Promise<Measured> {
  const actions: RecordedAction[] = [];
  for await (const action of readActions(file)) actions.push(action);
  const send = await senderOf(contender, target);
  const stop = startMeter();
  const sent = await send(actions);
  return {
    called: sent.actions,
    settled: sent.succeeded,
    errors: sent.errors.map(String),
    ...stop(),
  };
}

async function senderOf(
  contender: ContenderName,
  target: Target,
): Promise<(actions: readonly RecordedAction[]) => Promise<SendingResult>> {
  if (contender === 'one by one') {
    return (actions) => sendOneByOne(actions, { ...target, token: TOKEN });
  }
  if (contender !== 'ours') throw new Error(`${contender} cannot send a recording.`);
  const { makeClient } = await import('../contenders/ours.ts');
  return async (actions) => {
    // With its own bounds: a recording waits for room, as the guide says.
    const client = makeClient(target, { queue: {} });
    const sent = await sendBatched(actions, client);
    await client.close();
    return sent;
  };
}
