import type { PrefactorIssue } from '../errors/argument-error.ts';
import { InvalidCall } from './invalid-call.ts';
import type { Sight } from './json-walk.ts';
import { pathOf, walkJson } from './json-walk.ts';

/** What JSON cannot write. Its path is that of the wire, until the call says how its caller names it. */
export class Unwritable extends InvalidCall {
  /** The same, where a caller of a method gave it. */
  ofMethod(): InvalidCall {
    const issues = this.issues.map(({ path, message }) => ({ path: nameInCall(path), message }));
    return new InvalidCall(issues, this.cause);
  }
}

/** So many values are looked at to find what is wrong, at most. */
const MOST = 250_000;

/** Nothing is written as deep as this by hand. */
const DEEP = 500;

/** What is wrong with a value on which `JSON.stringify` has failed. */
export function whyUnwritable(value: object, name: string, cause: unknown): Unwritable {
  let deepest = 0;
  for (const sight of walkJson(value, name, MOST)) {
    deepest = Math.max(deepest, sight.place.depth);
    const message = problemOf(sight);
    if (message === undefined) continue;
    const issue = { path: pathOf(sight.place), message };
    return new Unwritable([issue], 'error' in sight ? sight.error : cause);
  }
  return new Unwritable([wholeProblem(deepest)], cause);
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

function wholeProblem(deepest: number): PrefactorIssue {
  const message =
    deepest > DEEP
      ? `it is nested ${deepest} levels deep, more than JSON can be written here (see cause): make it flatter`
      : 'it cannot be written as JSON (see cause)';
  return { path: '', message };
}

/** `details.result_payload.a_b` as the caller of a method knows it: `resultPayload.a_b`. */
function nameInCall(path: string): string {
  const names = path.replace(/^details\./, '').split('.');
  // Below these stands what the caller gave, as it is.
  const ours = names[0] === 'agent_schema_version' ? 2 : 1;
  return names.map((name, at) => (at < ours ? camelCase(name) : name)).join('.');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
