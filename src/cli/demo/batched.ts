import type { AutobatchClient } from '../../index.ts';
import type { Actions } from '../actions/recorded-action.ts';
import { RecordedCalls } from '../actions/recorded-calls.ts';
import { timeOf } from './recorded-time.ts';
import type { Replayed } from './tally.ts';
import { nameOf, Tally } from './tally.ts';

/** Replays recorded runs through the client: plain calls with references, none of them awaited. */
export async function replayBatched(actions: Actions, client: AutobatchClient): Promise<Replayed> {
  const tally = new Tally();
  const calls = new RecordedCalls(client, { timeOf });
  for await (const action of actions) {
    await client.ready();
    tally.count(calls.call(action), nameOf(action));
  }
  await client.flush();
  return tally.result();
}
