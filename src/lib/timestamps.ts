import { NativeDate, wallNow } from './native-clock.ts';

/** The first and the last millisecond whose year has four digits: other years are not read everywhere. */
const minTimestampMs = -62_167_219_200_000;
const maxTimestampMs = 253_402_300_799_999;

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

const isoForm =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}:?(?:\d{2})?)?)?$/;

/** A `Date`, or a string in the form of ISO 8601. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string'
    ? isoForm.test(value)
    : value instanceof Date && !Number.isNaN(value.getTime());
}

/** `Date | string` as the wire has it; `other` where none is given. */
export function toTime(
  given: Date | string | null | undefined,
  other: string | undefined,
): string | null | undefined {
  if (given === undefined) return other;
  return given instanceof Date ? given.toISOString() : given;
}
