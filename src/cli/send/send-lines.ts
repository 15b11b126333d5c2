import { setTimeout as delay } from 'node:timers/promises';
import type { ActionFile } from '../../replay/actions/action-file.ts';
import { ActionFileError } from '../../replay/actions/action-file.ts';
import type { RecordedAction } from '../../replay/actions/recorded-action.ts';
import type { RecordedCalls } from '../../replay/calls/recorded-calls.ts';
import type { FailedLines } from './failed-lines.ts';
import { mayBeDone } from './failure.ts';
import { RecordedClock } from './recorded-clock.ts';
import type { Tally } from './tally.ts';

/** Most calls that have not settled; reading waits for room. */
export const MAX_PENDING = 10_000;
/** How often a full client is looked at again. */
const ROOM_MS = 5;

/** How lines are sent, and where the results are collected. */
export interface Sending {
  /** How many times as fast as recorded. */
  readonly speed: number | 'max';
  /** Fields that are left out where they stand. */
  readonly ignored: ReadonlySet<string>;
  readonly calls: RecordedCalls;
  readonly tally: Tally;
  readonly failedLines: FailedLines | undefined;
  readonly stopped: AbortSignal;
}

/** Makes the calls. Gives why the file was not read to its end, where it was not. */
export async function sendLines(file: ActionFile, sending: Sending): Promise<string | undefined> {
  const { speed, ignored, calls, tally, failedLines, stopped } = sending;
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
      await room(sending);
      sendLine(number, text, line.action, sending);
    }
  } catch (error) {
    // The stop has ended a wait, which then rejects.
    if (stopped.aborted) return undefined;
    if (error instanceof ActionFileError) return error.message;
    throw error;
  }
  return undefined;
}

/** Waits for room for another call. Those that wait for their run count as well. */
async function room({ calls, tally, stopped }: Sending): Promise<void> {
  await calls.ready();
  while (tally.pending >= MAX_PENDING) await delay(ROOM_MS, undefined, { signal: stopped });
}

function sendLine(
  number: number,
  text: string,
  action: RecordedAction,
  { calls, tally, failedLines }: Sending,
): void {
  const taken = calls.take(action, text);
  if (taken.kind === 'skipped') {
    tally.counts.skipped++;
  } else if (taken.kind === 'bad') {
    tally.badLine(number, taken.problem, taken.isConsequence);
    failedLines?.add(text);
  } else {
    const { call, key, ids } = taken;
    tally.count(call, number, action, (error) =>
      failedLines?.add(text, { idempotency_key: mayBeDone(error) ? key : undefined, ...ids() }),
    );
  }
}
