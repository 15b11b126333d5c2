import { unpolluted } from './prototype-pollution.ts';
import { mustBe, shown } from './value-checks.ts';

/** What is wrong, and where. */
interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The longest that `flush` or `close` is to wait, if it was given; or what is wrong with its options. */
export interface TimeLimit {
  readonly timeoutMs?: number | undefined;
  readonly problem?: Problem | undefined;
}

const aDuration = mustBe(
  'milliseconds, 0 or more (Infinity: as long as it takes)',
  (value) => typeof value === 'number' && value >= 0,
);

/** Reads the options of `flush` and `close`, once, whatever they are. */
export function readTimeLimit(options: unknown): TimeLimit {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null) {
    const message = `must be an object such as { timeoutMs: 5000 }, but it is ${shown(options)}`;
    return { problem: { path: 'options', message } };
  }
  try {
    const unknown = Object.keys(options).find((name) => name !== 'timeoutMs');
    if (unknown !== undefined) {
      const message = 'is not known here; the nearest is timeoutMs';
      return { problem: { path: `options.${unknown}`, message } };
    }
    const timeoutMs: unknown = Reflect.get(unpolluted(options), 'timeoutMs');
    if (timeoutMs === undefined) return {};
    const message = aDuration(timeoutMs);
    return message === undefined
      ? { timeoutMs: Number(timeoutMs) }
      : { problem: { path: 'options.timeoutMs', message } };
  } catch {
    return { problem: { path: 'options', message: 'cannot be read: to look at them throws' } };
  }
}
