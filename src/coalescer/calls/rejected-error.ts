import type { Reason, ToError } from '../ports/reason.ts';

/** What a call rejects with where no `toError` port names the errors. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';
  readonly key: string | undefined;
  /** What happened, as data. */
  readonly reason: Reason<unknown>;

  constructor(reason: Reason<unknown>, key: string | undefined) {
    const subject = key === undefined ? 'The call' : `Item "${key}"`;
    const fault = reason.kind === 'fault' ? reason.error : undefined;
    const what = fault instanceof Error ? `: ${fault.message}` : '; see reason.';
    super(`${subject} was rejected (${reason.kind})${what}`, fault ? { cause: fault } : {});
    this.key = key;
    this.reason = reason;
  }
}

/** An aborted call rejects with its signal's own reason; all others with a `RejectedError`. */
export function toRejectedError(reason: Reason<unknown>, key: string | undefined): unknown {
  return reason.kind === 'aborted' ? reason.reason : new RejectedError(reason, key);
}

/** If the error cannot be made, its maker's own error must do: each caller has to hear something. */
export function unfailing<Failure>(toError: ToError<Failure>): ToError<Failure> {
  return (reason, key) => {
    try {
      return toError(reason, key);
    } catch (error) {
      return error;
    }
  };
}
