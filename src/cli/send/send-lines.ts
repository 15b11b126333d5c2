import { setTimeout as delay } from 'node:timers/promises';
import type { ActionFile } from '../../replay/actions/action-file.ts';
import { ActionFileError } from '../../replay/actions/action-file.ts';
import type { RecordedAction } from '../../replay/actions/recorded-action.ts';
import type { RecordedCalls } from '../../replay/calls/recorded-calls.ts';
import type { FailedLines } from './failed-lines.ts';
import { mayBeDone } from './failure.ts';
import { RecordedClock } from './recorded-clock.ts';
import type { Settings } from './settings.ts';
import type { Tally } from './tally.ts';

/** Actions that are read and not yet through. */
export const MAX_PENDING = 10_000;
/** How soon it is seen that there is room again. */
const ROOM_MS = 5;

/** Where lines go, and what is noted of them. */
export interface Way {
  readonly calls: RecordedCalls;
  readonly tally: Tally;
  readonly failedLines: FailedLines | undefined;
  readonly stopped: AbortSignal;
}

/** Makes the calls. Gives why the file was not read to its end, where it was not. */
export async function sendLines(
  file: ActionFile,
  { speed, ignored }: Settings,
  way: Way,
): Promise<string | undefined> {
  const { calls, tally, failedLines, stopped } = way;
  const clock = new RecordedClock(speed);
  try {
    for await (const line of file.lines(ignored)) {
      const { number, text } = line;
      if (line.kind === 'problem') {
        if (line.unmade !== undefined) calls.noteUnmade(line.unmade);
        tally.badLine(number, line.problem);
        failedLines?.add(text);
        continue;
      }
      await clock.until(line.action.t, stopped);
      await room(way);
      sendLine(number, text, line.action, way);
    }
  } catch (error) {
    // Whatever was waited for, the stop ended it.
    if (stopped.aborted) return undefined;
    if (error instanceof ActionFileError) return error.message;
    throw error;
  }
  return undefined;
}

/** Waits until an action may be called: some wait for their run before the client has them. */
async function room({ calls, tally, stopped }: Way): Promise<void> {
  await calls.ready();
  while (tally.actions - tally.settled >= MAX_PENDING) {
    await delay(ROOM_MS, undefined, { signal: stopped });
  }
}

function sendLine(
  number: number,
  text: string,
  action: RecordedAction,
  { calls, tally, failedLines }: Way,
): void {
  const taken = calls.take(action, text);
  if (taken.kind === 'skipped') {
    tally.skip();
  } else if (taken.kind === 'bad') {
    tally.badLine(number, taken.problem, taken.isConsequence);
    failedLines?.add(text);
  } else {
    const { call, key, ids } = taken;
    const again =
      failedLines &&
      ((error: unknown) =>
        failedLines.add(text, { idempotency_key: mayBeDone(error) ? key : undefined, ...ids() }));
    tally.count(call, number, action, again);
  }
}
