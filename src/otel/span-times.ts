import type { HrTime } from '@opentelemetry/api';
import { tried } from '../lib/user-code.ts';

/** In milliseconds, as the official SDK sends times. Undefined where it is no time: then the present counts. */
export function dateOf([seconds, nanoseconds]: HrTime): Date | undefined {
  const date = new Date(seconds * 1_000 + Math.floor(nanoseconds / 1_000_000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Nanoseconds since 1970, as OTLP writes them: a text, since a double would round them. */
export function unixNanoOf([seconds, nanoseconds]: HrTime): string | undefined {
  return tried(() => String(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)));
}

/** The later of two times. */
export function laterOf(a: HrTime | undefined, b: HrTime): HrTime {
  if (a === undefined) return b;
  return b[0] > a[0] || (b[0] === a[0] && b[1] > a[1]) ? b : a;
}
