import type { AutobatchClient } from '../index.ts';
import { ActionFileError } from './actions/action-file.ts';
import type { Actions } from './actions/recorded-action.ts';
import { RECORDING_START, recordedTimes } from './actions/recorded-time.ts';
import { RecordedCalls } from './calls/recorded-calls.ts';
import type { ReplayResult } from './replay-result.ts';
import { ReplayResultCollector } from './replay-result.ts';

/** Replays recorded runs through the client: plain calls with references, none of them awaited. */
export async function replayBatched(
  actions: Actions,
  client: AutobatchClient,
): Promise<ReplayResult> {
  const collector = new ReplayResultCollector();
  const calls = new RecordedCalls({ client, timeOf: recordedTimes(RECORDING_START) });
  for await (const action of actions) {
    await calls.ready();
    const taken = calls.take(action);
    if (taken.kind === 'bad') throw new ActionFileError(taken.problem);
    if (taken.kind === 'call') collector.add(action, taken.call);
  }
  await calls.flush();
  return collector.result();
}
