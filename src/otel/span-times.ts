import type { HrTime } from '@opentelemetry/api';
import { tried } from '../lib/user-code.ts';

/** In milliseconds, as the official SDK sends times. Undefined where it is no time: then the present counts. */
export function dateOf(time: HrTime): Date | undefined {
  return tried(() => {
    const [seconds, nanoseconds] = time;
    const date = new Date(seconds * 1_000 + Math.floor(nanoseconds / 1_000_000));
    return Number.isNaN(date.getTime()) ? undefined : date;
  });
}

/** Nanoseconds since 1970, as OTLP writes them: a text, since a double would round them. */
export function unixNanoOf(time: HrTime): string | undefined {
  return tried(() => String(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])));
}
