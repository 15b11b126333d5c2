import type { DetailsOf } from './prefactor-error.ts';
import { newError, PrefactorError } from './prefactor-error.ts';

/** One thing that is wrong with options or arguments. */
export interface PrefactorIssue {
  /** Where: `batch.maxItems`, `payload`, `params` for all of them; empty for the call as a whole. */
  readonly path: string;
  /** What is wanted and what was given; never the value of a secret or a payload. */
  readonly message: string;
}

/** Options or arguments that cannot be used: wrong, impossible to serialise, or too large. */
export abstract class PrefactorInvalidArgumentError extends PrefactorError {
  override readonly code = 'INVALID_ARGUMENT';

  /** What was called, as its caller writes it: `agentSpans.create`; undefined for the options of the client. */
  declare readonly call: string | undefined;

  declare readonly issues: readonly PrefactorIssue[];

  override get name(): string {
    return 'PrefactorInvalidArgumentError';
  }
}

/** Its message says of each issue what it is: `Invalid options: batch.maxItems must be ...`. */
export function invalidArgument(
  details: DetailsOf<PrefactorInvalidArgumentError>,
  what: string = details.call === undefined ? 'Invalid options' : `Invalid call of ${details.call}`,
): PrefactorInvalidArgumentError {
  const said = details.issues.map(({ path, message }) =>
    path === '' ? message : `${path} ${message}`,
  );
  return newError(PrefactorInvalidArgumentError, `${what}: ${said.join('; ')}.`, details);
}
