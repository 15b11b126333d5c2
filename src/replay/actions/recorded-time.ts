/** The start of each recording that is replayed: always the same, so that two replays can be compared. */
export const RECORDING_START: number = Date.UTC(2026, 8, 1, 8);

/** From here on (September 2001), `t` counts from 1970, not from the start of a recording. */
export const SINCE_1970 = 1e12;

/** The first and the last millisecond whose year has four digits, as ISO 8601 and the API want it. */
const MIN_MS: number = Date.parse('0000-01-01T00:00:00.000Z');
export const MAX_MS: number = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The times of the actions of a recording that began at `start`, in milliseconds since 1970. They are given as
 * ISO 8601; an action without a time has that of the one before.
 */
export function recordedTimes(
  start: number,
): (action: { readonly t?: number | undefined }) => string {
  let last = '';
  return ({ t }) => {
    if (t !== undefined || last === '') {
      const ms = Math.round(t !== undefined && t >= SINCE_1970 ? t : start + (t ?? 0));
      last = new Date(Math.min(Math.max(ms, MIN_MS), MAX_MS)).toISOString();
    }
    return last;
  };
}

/** A time of ISO 8601 that begins with a date, in milliseconds since 1970; undefined for any other text. */
export function readTime(text: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
