/**
 * What is kept of a failed call for later calls that need what it was to make: as much as the copy of its
 * error says (`from-reason.ts`), and nothing that an answer or a caller could make large.
 */
import type { ToRecord } from '../coalescer/index.ts';
import type { Redact } from '../lib/snippets.ts';
import { codeAndMessageOf } from './api-error.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import { copyOfCaught } from './caught-error.ts';

export function createToRecord(redact: Redact): ToRecord<AttemptFailure> {
  return {
    output: (output) => {
      const { apiCode, apiMessage } = codeAndMessageOf(output, redact);
      return { code: apiCode, message: apiMessage };
    },
    failure: (failure) => shortFailure(failure, redact),
    error: (error) => copyOfCaught(error, redact),
  };
}

function shortFailure(failure: AttemptFailure, redact: Redact): AttemptFailure {
  switch (failure.kind) {
    case 'status':
      return { ...failure, errors: undefined, answerText: undefined };
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
