import { NativeDate } from './native-clock.ts';

/** The first and the last millisecond whose year has four digits: other years are not read everywhere. */
const minTimestampMs = -62_167_219_200_000;
const maxTimestampMs = 253_402_300_799_999;

/** Milliseconds since 1970 by the wall clock, which may be set back; for dates, not for durations. */
export function wallNow(): number {
  const ms: unknown = Date.now();
  return typeof ms === 'number' && Number.isFinite(ms)
    ? Math.floor(ms)
    : new NativeDate().getTime();
}

/** Timestamps in ISO 8601, UTC, with milliseconds. */
export class Timestamps {
  /** The last one, in milliseconds since 1970. */
  ms: number = Number.NaN;
  #text = '';

  isoNow(): string {
    const ms = wallNow();
    // Formatting costs more than the rest of a small call, and a busy client makes many within one millisecond.
    if (ms !== this.ms) {
      this.ms = ms;
      this.#text = new NativeDate(
        Math.min(Math.max(ms, minTimestampMs), maxTimestampMs),
      ).toISOString();
    }
    return this.#text;
  }
}
