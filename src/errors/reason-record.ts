/**
 * What is kept of a failed call for later calls that need what it was to make: as much as the copy of its
 * error says (`from-reason.ts`), and nothing that an answer or a caller could make large.
 */
import type { LastAttempt, Reason, ToRecord } from '../coalescer/index.ts';
import type { Failure } from './attempt-failure.ts';
import { copyOfCaught } from './caught-error.ts';
import type { Redact } from './error-answer.ts';
import { codeAndMessageOf } from './error-answer.ts';

export function createToRecord(redact: Redact): ToRecord<Failure> {
  return (reason) => recordOf(reason, redact);
}

function recordOf(reason: Reason<Failure>, redact: Redact): Reason<Failure> {
  switch (reason.kind) {
    case 'error':
    case 'used':
      return { ...reason, output: shortOutput(reason.output, redact) };
    case 'refused':
      return { ...reason, failure: shortFailure(reason.failure, redact) };
    case 'exhausted':
    case 'closed':
      return { ...reason, last: reason.last && shortLast(reason.last, redact) };
    case 'fault':
      return { ...reason, error: copyOfCaught(reason.error, redact) };
    case 'skipped': {
      const { key, reason: first } = reason.because;
      return { ...reason, because: { key, reason: recordOf(first, redact) } };
    }
    case 'contract':
      return { ...reason, output: undefined };
    case 'aborted':
      return { ...reason, reason: undefined };
    case 'dependency':
    case 'conflict':
    case 'full':
      return reason;
    default:
      return reason satisfies never;
  }
}

function shortLast(last: LastAttempt<Failure>, redact: Redact): LastAttempt<Failure> {
  switch (last.kind) {
    case 'output':
      return { ...last, output: shortOutput(last.output, redact) };
    case 'failure':
      return { kind: 'failure', failure: shortFailure(last.failure, redact) };
    case 'silence':
      return last;
    default:
      return last satisfies never;
  }
}

/** An output that says the same, as far as its error does. */
function shortOutput(output: unknown, redact: Redact): object {
  const { apiCode, apiMessage } = codeAndMessageOf(output, redact);
  return { code: apiCode, message: apiMessage };
}

function shortFailure(failure: Failure, redact: Redact): Failure {
  switch (failure.kind) {
    case 'status':
      return { ...failure, errors: undefined };
    case 'connection':
    case 'aborted':
    case 'token':
      return { ...failure, cause: copyOfCaught(failure.cause, redact) };
    case 'contract':
    case 'timeout':
      return failure;
    default:
      return failure satisfies never;
  }
}
