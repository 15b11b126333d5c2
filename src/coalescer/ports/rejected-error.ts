import type { Reason } from './reason.ts';

/** The error of a rejected call where no `toError` makes another one. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';
  readonly key: string | undefined;
  /** What happened, as data. */
  readonly reason: Reason<unknown>;

  constructor(reason: Reason<unknown>, key: string | undefined) {
    const subject = key === undefined ? 'The call' : `Item "${key}"`;
    const thrown = reason.kind === 'threw' ? reason.error : undefined;
    const what = thrown instanceof Error ? `: ${thrown.message}` : '; see reason.';
    super(`${subject} was rejected (${reason.kind})${what}`, thrown ? { cause: thrown } : {});
    this.key = key;
    this.reason = reason;
  }
}

/** A `RejectedError`; for an aborted call, its signal's own reason. */
export function toRejectedError(reason: Reason<unknown>, key: string | undefined): unknown {
  return reason.kind === 'aborted' ? reason.reason : new RejectedError(reason, key);
}
