import type { AutobatchClient } from '../index.ts';
import { CommandFailure } from './failure.ts';
import type { Actions } from './recorded-action.ts';
import { RecordedCalls } from './recorded-calls.ts';
import { recordedTimes } from './recorded-time.ts';
import { START } from './start.ts';
import type { Replayed } from './tally.ts';
import { nameOf, Tally } from './tally.ts';

/** Replays recorded runs through the client: plain calls with references, none of them awaited. */
export async function replayBatched(actions: Actions, client: AutobatchClient): Promise<Replayed> {
  const tally = new Tally();
  const calls = new RecordedCalls({ client, timeOf: recordedTimes(START) });
  for await (const action of actions) {
    await calls.ready();
    const taken = calls.take(action);
    if (taken.kind === 'bad') throw new CommandFailure(taken.problem);
    if (taken.kind === 'call') tally.count(taken.call, nameOf(action));
  }
  await calls.flush();
  return tally.result();
}
