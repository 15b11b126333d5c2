/** Times in the forms in which tracers write them, as nanoseconds since 1970: a double would round those. */

const NANOS_IN_MS = 1_000_000n;
/** The first and the last millisecond whose year has four digits, as ISO 8601 and the API want it. */
const MIN_MS: number = Date.parse('0000-01-01T00:00:00.000Z');
const MAX_MS: number = Date.parse('9999-12-31T23:59:59.999Z');

const isoForm =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9})\d*)?\s*(Z|[+-]\d\d:?\d\d| ?UTC)?$/i;

/** A text of ISO 8601. Without an offset it is UTC, as Python's `isoformat` leaves it out. */
export function nanosOfIso(value: unknown): bigint | undefined {
  const [, date, time, fraction = '', offset = 'Z'] =
    (typeof value === 'string' && isoForm.exec(value)) || [];
  if (date === undefined) return undefined;
  const zone = /^[+-]/.test(offset) ? offset.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z';
  const ms = Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * NANOS_IN_MS + BigInt(fraction.padEnd(9, '0'));
}

/** A count of units of so many nanoseconds: digits, as a text or a number. None is 0: that is no time, but none yet. */
export function nanosOfCount(value: unknown, unit = 1n): bigint | undefined {
  // A nested list or object may not even have a text.
  const text = typeof value === 'object' ? '' : String(value);
  // To read millions of digits would take long.
  const isCount = typeof value === 'number' ? Number.isInteger(value) : /^\d{1,30}$/.test(text);
  const nanos = isCount ? BigInt(text) * unit : 0n;
  return nanos > 0n ? nanos : undefined;
}

/** Seconds and nanoseconds: OpenTelemetry's `HrTime`. */
export function nanosOfPair(value: unknown): bigint | undefined {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isSafeInteger)) {
    return undefined;
  }
  const [seconds, nanos] = value.map(BigInt);
  return nanosOfCount((seconds ?? 0n) * 1_000_000_000n + (nanos ?? 0n));
}

/** Whether a date can be of that time. */
export function isDate(nanos: bigint): boolean {
  const ms = floorMs(nanos);
  return ms >= MIN_MS && ms <= MAX_MS;
}

/**
 * ISO 8601 with milliseconds, or with microseconds where there are some: more digits are sent by no official SDK, so
 * they are cut off, not rounded.
 */
export function isoOf(nanos: bigint): string {
  const ms = floorMs(nanos);
  const micros = (nanos - BigInt(ms) * NANOS_IN_MS) / 1_000n;
  const text = new Date(ms).toISOString();
  return micros === 0n ? text : text.replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

function floorMs(nanos: bigint): number {
  const ms = nanos / NANOS_IN_MS;
  return Number(nanos < 0n && ms * NANOS_IN_MS !== nanos ? ms - 1n : ms);
}
