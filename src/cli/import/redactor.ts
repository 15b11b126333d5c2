import { redactionOf } from '../../trace/redaction.ts';
import { serialise } from '../../trace/serialiser.ts';

/** A file bounds its values itself. */
const noLimits = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxTextLength: Number.MAX_SAFE_INTEGER,
  maxDepth: 1_000_000,
  maxEntries: Number.MAX_SAFE_INTEGER,
};

/** A copy of a value, with `[redacted]` for what the paths name, as in `traced`. Without paths, the value itself. */
export function redactor(paths: readonly string[]): (value: unknown) => unknown {
  if (paths.length === 0) return (value) => value;
  const redaction = redactionOf(paths);
  return (value) => serialise(value, noLimits, redaction);
}
