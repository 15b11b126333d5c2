import type { RecordedAction } from './recorded-action.ts';

/** From here on (September 2001), `t` counts from 1970, not from the start of a recording. */
const SINCE_1970 = 1e12;

/** Milliseconds since 1970 of an action in a recording that began at `start`, by the same clock. */
function recordedMs({ t = 0 }: RecordedAction, start: number): number {
  return Math.round(t >= SINCE_1970 ? t : start + t);
}

/** Reads when recordings happened, as ISO 8601; an action without a time has that of the one before. */
export function recordedTimes(start: number): (action: RecordedAction) => string {
  let last = '';
  return (action) => {
    if (action.t !== undefined || last === '') last = iso(recordedMs(action, start));
    return last;
  };
}

/** The nearest time that a date can be. */
function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, -MAX_MS), MAX_MS)).toISOString();
}

const MAX_MS = 8.64e15;
