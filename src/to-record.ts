/**
 * What is kept of a failure for those who may need, long after, what it was to make: as much as the
 * copy of its error says (`to-error.ts`), and nothing that an answer or a caller could make large.
 */
import type { Last, Reason, ToRecord } from './coalescer/ports.ts';
import { bareReason } from './coalescer/record.ts';
import type { Redact } from './errors/answer.ts';
import { codeAndMessageOf, snippetOf } from './errors/answer.ts';
import type { Failure } from './errors/failure.ts';

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
      return { ...reason, error: shortCause(reason.error, redact) };
    case 'skipped': {
      const { key, reason: first } = reason.because;
      return { ...reason, because: { key, reason: recordOf(first, redact) } };
    }
    default:
      return bareReason(reason);
  }
}

function shortLast(last: Last<Failure>, redact: Redact): Last<Failure> {
  return last.kind === 'output'
    ? { kind: 'output', output: shortOutput(last.output, redact) }
    : { kind: 'failure', failure: shortFailure(last.failure, redact) };
}

/** An output that says the same, as far as its error does. */
function shortOutput(output: unknown, redact: Redact): object {
  const { apiCode, message } = codeAndMessageOf(output, redact);
  return { code: apiCode, message };
}

function shortFailure(failure: Failure, redact: Redact): Failure {
  switch (failure.kind) {
    case 'status':
      return { ...failure, errors: undefined };
    case 'connection':
    case 'aborted':
    case 'token':
      return { ...failure, cause: shortCause(failure.cause, redact) };
    case 'contract':
    case 'timeout':
      return failure;
    default:
      return failure satisfies never;
  }
}

/** Name, message and code of what was caught. Its stack may hold on to much, and helps nobody here. */
function shortCause(cause: unknown, redact: Redact): unknown {
  if (!(cause instanceof Error)) {
    return typeof cause === 'string' ? snippetOf(cause, redact) : undefined;
  }
  const short = new Error(snippetOf(cause.message, redact));
  short.name = snippetOf(cause.name, redact);
  short.stack = `${short.name}: ${short.message}`;
  const code = codeOf(cause) ?? codeOf(cause.cause);
  return code === undefined ? short : Object.assign(short, { code });
}

/** Of the error or of its cause, as fetch wraps it. */
function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.length <= 40 ? code : undefined;
}
