import { InvalidCall } from './invalid-call.ts';
import type { Sight } from './json-walk.ts';
import { pathOf, walkJson } from './json-walk.ts';

/** So many values are looked at to find what is wrong, at most. */
const MOST = 250_000;

/** Nothing is written as deep as this by hand. */
const DEEP = 500;

/** What is wrong with a value on which `JSON.stringify` has failed. */
export function whyUnwritable(
  value: object,
  shownAs: (path: string) => string,
  cause: unknown,
): InvalidCall {
  let deepest = 0;
  for (const sight of walkJson(value, MOST)) {
    deepest = Math.max(deepest, sight.place.depth);
    const message = problemOf(sight);
    if (message === undefined) continue;
    const issue = { path: shownAs(pathOf(sight.place)), message };
    return new InvalidCall([issue], 'error' in sight ? sight.error : cause);
  }
  const message =
    deepest > DEEP
      ? `it is nested ${deepest} levels deep, more than JSON can be written here (see cause): make it flatter`
      : 'it cannot be written as JSON (see cause)';
  return new InvalidCall([{ path: shownAs(''), message }], cause);
}

function problemOf(sight: Sight): string | undefined {
  switch (sight.kind) {
    case 'value':
      return typeof sight.value === 'bigint' || sight.value instanceof BigInt
        ? 'is a BigInt, which JSON cannot write: pass it as a string'
        : undefined;
    case 'cycle':
      return 'refers back to an object that it is in, and JSON cannot write a cycle: leave it out';
    case 'getter':
      return 'cannot be read (see cause)';
    case 'toJSON':
      return 'has a toJSON that throws (see cause)';
    default:
      return sight satisfies never;
  }
}

/** The path `details.result_payload.a_b` of an action, as the caller of a method knows it: `resultPayload.a_b`. */
export function pathInCall(path: string): string {
  const names = path.replace(/^details\./, '').split('.');
  // Below these stands what the caller gave, as it is.
  const ours = names[0] === 'agent_schema_version' ? 2 : 1;
  const camelCase = (name: string): string =>
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return names.map((name, at) => (at < ours ? camelCase(name) : name)).join('.');
}
