import type { PrefactorErrorDetails } from './prefactor-error.ts';
import { PrefactorError } from './prefactor-error.ts';

/** One thing that is wrong with options or arguments. */
export interface PrefactorIssue {
  /** Where: `batch.maxItems`, `payload`; empty for the whole. */
  readonly path: string;
  /** What is wanted and what was given; never the value of a secret or a payload. */
  readonly message: string;
}

/** Options or arguments that cannot be used: wrong, impossible to serialise, or too large. */
export class PrefactorInvalidArgumentError extends PrefactorError {
  override readonly code = 'INVALID_ARGUMENT';

  readonly issues: readonly PrefactorIssue[];

  /** `what` opens the message and is followed by the issues: `Invalid options`. */
  constructor(
    what: string,
    details: PrefactorErrorDetails & { readonly issues: readonly PrefactorIssue[] },
  ) {
    super(`${what}: ${details.issues.map(sentenceOf).join('; ')}.`, details);
    this.issues = details.issues;
  }

  override get name(): string {
    return 'PrefactorInvalidArgumentError';
  }
}

function sentenceOf({ path, message }: PrefactorIssue): string {
  return path === '' ? message : `${path} ${message}`;
}
