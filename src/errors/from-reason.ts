import type { Blame, Last, Reason, ToError } from '../coalescer/index.ts';
import { PrefactorInvalidArgumentError } from './argument-error.ts';
import { apiError } from './classify.ts';
import { PrefactorContractError, PrefactorRetryExhaustedError } from './delivery-errors.ts';
import type { ErrorAnswer, Redact } from './error-answer.ts';
import { jsonSnippetOf, readErrorAnswer, snippetOf } from './error-answer.ts';
import type { Failure } from './failure.ts';
import { PrefactorDependencyError, PrefactorSkippedError } from './order-errors.ts';
import {
  PrefactorClosedError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
} from './queue-errors.ts';
import type { Limit } from './reason-words.ts';
import {
  boundOf,
  brokenOf,
  closedOf,
  fateOf,
  fullOf,
  lastOf,
  nextStep,
  subjectOf,
} from './reason-words.ts';

export interface ToErrorOptions {
  /** Takes every token out of a text that the server wrote. */
  readonly redact: Redact;
  /** Who makes ids: with 'client', a refusal that names an id says what to try. */
  readonly ids: 'client' | 'server';
}

/**
 * Turns the engine's reasons into our errors: each call of it makes a new object, while those who
 * shared a request share its `cause`.
 */
export function createToError(options: ToErrorOptions): ToError<Failure> {
  const maker = new ErrorMaker(options);
  return (reason, key) => maker.errorOf(reason, key, 'own');
}

/** Whose error it is: a copy goes to another caller, and leaves out what is about arguments. */
type Audience = 'own' | 'copy';

interface Details {
  readonly idempotencyKey: string | undefined;
  readonly maybeApplied: boolean;
}

class ErrorMaker {
  readonly #redact: Redact;
  readonly #makesIds: boolean;
  readonly #causes = new WeakMap<Failure, unknown>();

  constructor({ redact, ids }: ToErrorOptions) {
    this.#redact = redact;
    this.#makesIds = ids === 'client';
  }

  errorOf(reason: Reason<Failure>, key: string | undefined, audience: Audience): unknown {
    const details: Details = { idempotencyKey: key, maybeApplied: reason.maybeApplied };
    const subject = subjectOf(key);
    switch (reason.kind) {
      case 'error':
      case 'used':
        return this.#apiError(readErrorAnswer(reason.output, this.#redact), details, audience);
      case 'refused':
        return this.#refusal(reason.failure, details, audience);
      case 'skipped':
        return new PrefactorSkippedError(
          `The server did not reach ${subject}: an earlier item of its batch failed (see cause). Send it again, or use onSkipped: 'requeue'.`,
          { ...details, cause: this.#copyOf(reason.because) },
        );
      case 'dependency':
        return this.#dependency(reason, details);
      case 'exhausted':
        return this.#exhausted(reason.attempts, reason.limit, reason.last, details);
      case 'contract':
        return new PrefactorContractError(brokenOf(reason, subject), {
          ...details,
          bodySnippet: jsonSnippetOf(reason.output, this.#redact),
        });
      case 'conflict':
        return new PrefactorIdempotencyConflictError(
          `A pending call has the key ${subject} and asks for something else. Use a key of its own for each call.`,
          details,
        );
      case 'full':
      case 'closed':
        return this.#notTaken(reason, subject, details);
      case 'fault':
        return faultError(reason, details);
      case 'aborted':
        return abortOf(reason, subject, audience);
      default:
        return reason satisfies never;
    }
  }

  #apiError(
    answer: ErrorAnswer & { readonly status?: number },
    details: Details,
    audience: Audience,
  ): unknown {
    const errors = audience === 'own' ? answer.errors : undefined;
    return apiError({ ...answer, errors, ...details, makesIds: this.#makesIds });
  }

  #refusal(failure: Failure, details: Details, audience: Audience): unknown {
    switch (failure.kind) {
      case 'status':
        return this.#apiError(failure, details, audience);
      default:
        return this.#exhausted(1, 'attempts', { kind: 'failure', failure }, details);
    }
  }

  #notTaken(
    reason: Extract<Reason<Failure>, { kind: 'full' | 'closed' }>,
    subject: string,
    details: Details,
  ): unknown {
    const cause = reason.last && this.#causeOfLast(reason.last, details);
    if (reason.kind === 'closed') {
      return new PrefactorClosedError(closedOf(reason, subject), { ...details, cause });
    }
    const { bound, limit } = reason;
    return new PrefactorQueueFullError(fullOf(reason), { ...details, bound, limit, cause });
  }

  #dependency(reason: Extract<Reason<Failure>, { kind: 'dependency' }>, details: Details): unknown {
    const { because } = reason;
    const resourceId =
      reason.resourceId === undefined ? undefined : this.#redact(reason.resourceId);
    const what =
      resourceId === undefined ? 'what it needs' : `"${snippetOf(resourceId, this.#redact)}"`;
    return new PrefactorDependencyError(
      `"${details.idempotencyKey}" was not sent${details.maybeApplied ? ' again' : ''}: ${what} ${fateOf(because)}`,
      {
        ...details,
        resourceId,
        cause: typeof because === 'object' ? this.#copyOf(because) : undefined,
      },
    );
  }

  #exhausted(
    attempts: number,
    limit: Limit,
    last: Last<Failure> | undefined,
    details: Details,
  ): unknown {
    const failure = last?.kind === 'failure' ? last.failure : undefined;
    if (failure?.kind === 'contract' && limit !== 'deliveryTimeoutMs') {
      return contractError(failure, details);
    }
    return new PrefactorRetryExhaustedError(
      `No usable answer ${boundOf(limit)}${attempts === 1 ? '1 attempt' : `${attempts} attempts`}${lastOf(last)}. ${nextStep(details)}`,
      {
        ...details,
        attempts,
        cause: last && this.#causeOfLast(last, details),
      },
    );
  }

  #causeOfLast(last: Last<Failure>, details: Details): unknown {
    switch (last.kind) {
      case 'output':
        return this.#apiError(readErrorAnswer(last.output, this.#redact), details, 'own');
      case 'failure':
        return this.#causeOf(last.failure);
      case 'silence':
        return new Error('The request was still waiting for a token, a connection or an answer.');
      default:
        return last satisfies never;
    }
  }

  /** One cause for all who shared the failed request. */
  #causeOf(failure: Failure): unknown {
    if (!this.#causes.has(failure)) {
      this.#causes.set(failure, this.#newCause(failure));
    }
    return this.#causes.get(failure);
  }

  #newCause(failure: Failure): unknown {
    const details: Details = { idempotencyKey: undefined, maybeApplied: true };
    switch (failure.kind) {
      case 'status':
        return this.#apiError(failure, details, 'copy');
      case 'contract':
        return contractError(failure, details);
      case 'timeout':
        return new Error(`No whole answer within ${failure.ms} ms (attemptTimeoutMs).`);
      case 'connection':
      case 'aborted':
      case 'token':
        return failure.cause;
      default:
        return failure satisfies never;
    }
  }

  /** A copy of the error that all goes back to; in between lie only those that it took with it. */
  #copyOf(blame: Blame<Failure>): unknown {
    let { key, reason } = blame;
    while ('because' in reason && typeof reason.because === 'object') {
      ({ key, reason } = reason.because);
    }
    return this.errorOf(reason, key, 'copy');
  }
}

function contractError(
  { status, problem, bodySnippet }: Extract<Failure, { kind: 'contract' }>,
  details: Details,
): PrefactorContractError {
  return new PrefactorContractError(
    `The answer (status ${status}) ${problem}. Is apiUrl right? ${nextStep(details)}`,
    { ...details, bodySnippet },
  );
}

function faultError(
  { part, error }: Extract<Reason<Failure>, { kind: 'fault' }>,
  details: Details,
): PrefactorInvalidArgumentError {
  const issue =
    part === 'signal'
      ? {
          path: 'options.signal',
          message: 'cannot be listened to (see cause): pass the signal itself',
        }
      : { path: '', message: 'a part of it failed (see cause): its output, or its text' };
  return new PrefactorInvalidArgumentError('A call could not be handled', {
    ...details,
    issues: [issue],
    cause: error,
  });
}

/** A record has none: what a caller gives as the reason of an abort may be anything. */
function abortOf(
  { reason }: Extract<Reason<Failure>, { kind: 'aborted' }>,
  subject: string,
  audience: Audience,
): unknown {
  return audience === 'copy' && reason === undefined
    ? new DOMException(`${subject} was aborted by its caller.`, 'AbortError')
    : reason;
}
