import type { AutobatchClient } from '../index.ts';
import { ActionFileError } from './actions/action-file.ts';
import type { Actions } from './actions/recorded-action.ts';
import { recordedTimes } from './actions/recorded-time.ts';
import { RecordedCalls } from './calls/recorded-calls.ts';
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
    if (taken.kind === 'bad') throw new ActionFileError(taken.problem);
    if (taken.kind === 'call') tally.count(taken.call, nameOf(action));
  }
  await calls.flush();
  return tally.result();
}
