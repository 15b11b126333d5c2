import { unpolluted } from './own-fields.ts';
import { describeValue, isObject, mustBe } from './value-checks.ts';

/** The `timeoutMs` that was given, if any; or what is wrong with the options, and where. */
export interface TimeoutOption {
  readonly timeoutMs?: number | undefined;
  readonly problem?: { readonly path: string; readonly message: string } | undefined;
}

const aTimeout = mustBe(
  'milliseconds, 0 or more (Infinity: as long as it takes)',
  (value) => typeof value === 'number' && value >= 0,
);

/** Reads the options of `flush` and `close`, once, whatever they are. */
export function readTimeoutOption(options: unknown): TimeoutOption {
  if (options === undefined) return {};
  if (!isObject(options)) {
    return wrong(
      'options',
      `must be an object such as { timeoutMs: 5000 }, but it is ${describeValue(options)}`,
    );
  }
  try {
    const unknown = Object.keys(options).find((name) => name !== 'timeoutMs');
    if (unknown !== undefined) {
      return wrong(`options.${unknown}`, 'is not known here; only timeoutMs is');
    }
    const timeoutMs: unknown = Reflect.get(unpolluted(options), 'timeoutMs');
    if (timeoutMs === undefined) return {};
    const message = aTimeout(timeoutMs);
    return message === undefined
      ? { timeoutMs: Number(timeoutMs) }
      : wrong('options.timeoutMs', message);
  } catch {
    return wrong('options', 'cannot be read: to look at them throws');
  }
}

function wrong(path: string, message: string): TimeoutOption {
  return { problem: { path, message } };
}
