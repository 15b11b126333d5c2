import type { Reason, ToRecord } from '../ports/reason.ts';

/**
 * A reason without answers and without anything of the caller's: what is remembered of a failure where no `toRecord`
 * says more.
 */
export function bareReason<Failure>(reason: Reason<Failure>): Reason<Failure> {
  switch (reason.kind) {
    case 'error':
    case 'used':
    case 'contract':
      return { ...reason, output: undefined };
    case 'exhausted':
    case 'closed':
      return reason.last?.kind === 'output'
        ? { ...reason, last: { kind: 'output', output: undefined } }
        : reason;
    case 'skipped': {
      const { key, reason: first } = reason.because;
      return { ...reason, because: { key, reason: bareReason(first) } };
    }
    case 'fault':
      return { ...reason, error: undefined };
    case 'aborted':
      return { ...reason, reason: undefined };
    case 'refused':
    case 'dependency':
    case 'conflict':
    case 'full':
      return reason;
    default:
      return reason satisfies never;
  }
}

/** A `toRecord` that throws is replaced by the bare reason. */
export function recordOf<Failure>(
  toRecord: ToRecord<Failure>,
  reason: Reason<Failure>,
): Reason<Failure> {
  try {
    return toRecord(reason);
  } catch {
    return bareReason(reason);
  }
}
