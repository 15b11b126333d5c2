import { setTimeout as delay } from 'node:timers/promises';
import type { ActionFile } from '../../recordings/actions/action-file.ts';
import { ActionFileError } from '../../recordings/actions/action-file.ts';
import { RecordedClock } from '../../recordings/actions/recorded-time.ts';
import type { RecordedCalls } from '../../recordings/calls/recorded-calls.ts';
import type { Tally } from './tally.ts';

/** Most calls that have not settled; reading waits for room. */
export const MAX_PENDING = 10_000;
/** How often a full client is looked at again. */
const FULL_CHECK_MS = 5;

/**
 * Makes the calls. Gives why the file was not read to its end, where it was not.
 *
 * @param options `speed`: how many times as fast as recorded; `ignore`: fields that are left out where they stand.
 */
export async function sendLines(
  file: ActionFile,
  options: { readonly speed: number | 'max'; readonly ignore: readonly string[] | undefined },
  calls: RecordedCalls,
  tally: Tally,
  stopped: AbortSignal,
): Promise<string | undefined> {
  const clock = new RecordedClock(options.speed);
  try {
    for await (const line of file.lines(new Set(options.ignore))) {
      if (line.kind === 'problem') {
        if (line.unmade !== undefined) calls.runs.noteUnmade(line.unmade);
        tally.badLine(line, line.problem);
        continue;
      }
      await clock.until(line.action.t, stopped);
      // Calls that wait for their run count as well.
      await calls.ready();
      while (tally.pending >= MAX_PENDING)
        await delay(FULL_CHECK_MS, undefined, { signal: stopped });
      const taken = calls.take(line.action, line.text);
      if (taken.kind === 'call') tally.count(taken, line, line.action);
      else if (taken.kind === 'bad') tally.badLine(line, taken.problem, taken.isConsequence);
      else tally.counts.skipped++;
    }
  } catch (error) {
    // The stop has ended a wait, which then rejects.
    if (stopped.aborted) return undefined;
    if (error instanceof ActionFileError) return error.message;
    throw error;
  }
  return undefined;
}
