import { unpolluted } from './own-fields.ts';
import { describeValue, isObjectLike } from './value-checks.ts';

/** The `timeoutMs` that was given, if any; or what is wrong with the options, and where. */
export interface TimeoutOption {
  readonly timeoutMs?: number | undefined;
  readonly problem?: { readonly path: string; readonly message: string } | undefined;
}

/** Reads the options of `flush` and `close`, once, whatever they are. */
export function readTimeoutOption(options: unknown): TimeoutOption {
  if (options === undefined) return {};
  if (!isObjectLike(options)) {
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
    if (typeof timeoutMs === 'number' && timeoutMs >= 0) return { timeoutMs };
    return wrong(
      'options.timeoutMs',
      `must be milliseconds, 0 or more (Infinity: as long as it takes), but it is ${describeValue(timeoutMs)}`,
    );
  } catch {
    return wrong('options', 'cannot be read: to look at them throws');
  }
}

function wrong(path: string, message: string): TimeoutOption {
  return { problem: { path, message } };
}
