/** The start of each recording that is replayed: always the same, so that two replays can be compared. */
export const RECORDING_START: number = Date.UTC(2026, 8, 1, 8);

/** The time of an action: `t` in milliseconds since the start of the recording, or since 1970. */
interface Timed {
  readonly t?: number | undefined;
}

/** From here on (September 2001), `t` counts from 1970, not from the start of a recording. */
const SINCE_1970 = 1e12;

/** Milliseconds since 1970 of an action in a recording that began at `start`. */
function recordedMs({ t = 0 }: Timed, start: number): number {
  return Math.round(t >= SINCE_1970 ? t : start + t);
}

/** The times of the actions of a recording, as ISO 8601; one without a time has that of the one before. */
export function recordedTimes(start: number): (action: Timed) => string {
  let last = '';
  return (action) => {
    if (action.t !== undefined || last === '') last = iso(recordedMs(action, start));
    return last;
  };
}

/** The nearest time whose year has four digits, as ISO 8601 and the API want it. */
function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, MIN_MS), MAX_MS)).toISOString();
}

/** The first and the last millisecond that can be written with four digits. */
const MIN_MS: number = Date.parse('0000-01-01T00:00:00.000Z');
export const MAX_MS: number = Date.parse('9999-12-31T23:59:59.999Z');
