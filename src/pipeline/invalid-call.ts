import type { AnyPrefactorError, PrefactorIssue } from '../errors/error-classes.ts';
import { invalidArgument, isPrefactorError } from '../errors/error-classes.ts';
import { checkKey } from '../ids/idempotency-key.ts';

/** Thrown while a call is prepared, and caught there: the call rejects with an error that says the same. */
export class InvalidCall extends Error {
  readonly issues: readonly PrefactorIssue[];

  constructor(issues: readonly PrefactorIssue[], cause?: unknown) {
    super('invalid call', cause === undefined ? undefined : { cause });
    this.issues = issues;
  }
}

/** Throws `InvalidCall` where a check has found something; `name` is that of the value that was checked. */
export function assertNoIssues(issues: readonly PrefactorIssue[] | undefined, name = ''): void {
  if (issues === undefined || issues.length === 0) return;
  throw new InvalidCall(issues.map((issue) => ({ ...issue, path: issue.path || name })));
}

/** Throws `InvalidCall` where a key was given that is none. */
export function assertKey(given: unknown, path: string): void {
  const message = given === undefined ? undefined : checkKey(given);
  if (message !== undefined) throw new InvalidCall([{ path, message }]);
}

/**
 * What a `call` rejects with that could not be prepared. Anything but an `InvalidCall` comes from the caller's
 * own objects: a getter that throws, a proxy.
 */
export function invalidCallError(error: unknown, call: string, key?: string): AnyPrefactorError {
  if (isPrefactorError(error)) return error;
  const { issues, cause } =
    error instanceof InvalidCall
      ? error
      : { issues: [{ path: '', message: 'it could not be read (see cause)' }], cause: error };
  return invalidArgument({ call, issues, idempotencyKey: key, cause });
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
