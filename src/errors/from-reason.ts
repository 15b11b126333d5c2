import type {
  DependencyCause,
  FailedItem,
  LastAttempt,
  Reason,
  ToError,
} from '../coalescer/index.ts';
import type { Redact } from '../lib/snippets.ts';
import { jsonSnippetOf, snippetOf } from '../lib/snippets.ts';
import { noteAnswerText, outputTextOf } from './answer-texts.ts';
import { apiError, readErrorAnswer } from './api-error.ts';
import type { AttemptFailure } from './attempt-failure.ts';
import { brokenWords, metBy } from './attempt-failure.ts';
import type { ApiErrorDetails, PrefactorError, PrefactorIssue } from './error-classes.ts';
import {
  invalidArgument,
  newError,
  PrefactorClosedError,
  PrefactorContractError,
  PrefactorDependencyError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
  PrefactorRetryExhaustedError,
  PrefactorSkippedError,
} from './error-classes.ts';

/**
 * Turns the engine's reasons into our errors: a new one for each caller; the callers of one failed request
 * share its `cause`. `ids`: where the client makes them, a refusal that names an id says what to try.
 */
export function createToError(redact: Redact, ids: 'client' | 'server'): ToError<AttemptFailure> {
  const maker = new ErrorMaker(redact, ids === 'client');
  return (reason, key) => maker.errorOf(reason, key, 'own');
}

/** A copy goes to another caller, without the API's details about the arguments of the call. */
type ErrorAudience = 'own' | 'copy';

type ReasonOf<Kind> = Extract<Reason<AttemptFailure>, { kind: Kind }>;

type Details = Pick<PrefactorError, 'idempotencyKey' | 'maybeApplied'>;

class ErrorMaker {
  readonly #redact: Redact;
  readonly #makesIds: boolean;
  readonly #causes = new WeakMap<AttemptFailure, unknown>();

  constructor(redact: Redact, makesIds: boolean) {
    this.#redact = redact;
    this.#makesIds = makesIds;
  }

  errorOf(
    reason: Reason<AttemptFailure>,
    key: string | undefined,
    audience: ErrorAudience,
  ): unknown {
    const details: Details = { idempotencyKey: key, maybeApplied: reason.maybeApplied };
    const subject = subjectOf(key);
    switch (reason.kind) {
      case 'error':
      case 'used':
        return this.#itemError(reason, details, audience);
      case 'refused':
        return this.#refusal(reason.failure, details, audience);
      case 'skipped':
        return newError(
          PrefactorSkippedError,
          `The server did not reach ${subject}: an earlier item of its batch failed (see cause). Send it again, or use onSkipped: 'requeue'.`,
          { ...details, cause: this.#copyOf(reason.because) },
        );
      case 'dependency':
        return this.#dependency(reason, details);
      case 'exhausted':
        return this.#exhausted(reason.attempts, reason.limit, reason.last, details);
      case 'contract':
        return newError(PrefactorContractError, brokenOf(reason, subject), {
          ...details,
          problem: reason.problem,
          status: undefined,
          requestId: reason.requestId,
          bodySnippet: jsonSnippetOf(reason.output, this.#redact),
        });
      case 'conflict':
      case 'full':
      case 'closed':
        return this.#notTaken(reason, subject, details);
      case 'threw':
        return invalidArgument(
          { ...details, call: undefined, issues: [issueOf(reason)], cause: reason.error },
          'A call could not be handled',
        );
      case 'aborted':
        return abortOf(reason, subject, audience);
      default:
        return reason satisfies never;
    }
  }

  /** The server's error for one item. */
  #itemError(
    { output, requestId }: { readonly output: unknown; readonly requestId?: string | undefined },
    details: Details,
    audience: ErrorAudience,
  ): PrefactorError {
    const answer = readErrorAnswer(output, this.#redact);
    const error = this.#apiError({ ...answer, status: undefined, requestId }, details, audience);
    if (audience === 'own') noteAnswerText(error, outputTextOf(output, this.#redact));
    return error;
  }

  #apiError(
    { apiCode, apiMessage, errors, status, requestId }: Omit<ApiErrorDetails, keyof Details>,
    details: Details,
    audience: ErrorAudience,
  ): PrefactorError {
    const own = audience === 'own' ? errors : undefined;
    const said = { apiCode, apiMessage, errors: own, status, requestId };
    return apiError({ ...details, ...said }, this.#makesIds);
  }

  #refusal(failure: AttemptFailure, details: Details, audience: ErrorAudience): PrefactorError {
    if (failure.kind !== 'status') {
      return this.#exhausted(1, 'attempts', { kind: 'failure', failure }, details);
    }
    const error = this.#apiError(failure, details, audience);
    if (audience === 'own') noteAnswerText(error, failure.answerText);
    return error;
  }

  #notTaken(
    reason: ReasonOf<'conflict' | 'full' | 'closed'>,
    subject: string,
    details: Details,
  ): PrefactorError {
    if (reason.kind === 'conflict') {
      return newError(
        PrefactorIdempotencyConflictError,
        `A pending call has the key ${subject} and asks for something else. Use a key of its own for each call.`,
        details,
      );
    }
    const met = this.#metBy(reason.last, details);
    if (reason.kind === 'closed') {
      return newError(PrefactorClosedError, closedOf(reason, subject), { ...details, ...met });
    }
    const { bound, limit } = reason;
    return newError(PrefactorQueueFullError, fullOf(reason), { ...details, bound, limit, ...met });
  }

  #dependency(
    { because, resourceId: id }: ReasonOf<'dependency'>,
    details: Details,
  ): PrefactorError {
    const resourceId = id === undefined ? undefined : this.#redact(id);
    const what =
      resourceId === undefined ? 'what it needs' : `"${snippetOf(resourceId, this.#redact)}"`;
    const problem = problemOf(because);
    return newError(
      PrefactorDependencyError,
      `${subjectOf(details.idempotencyKey)} was not sent${details.maybeApplied ? ' again' : ''}: ${what} ${fateWords[problem]}`,
      {
        ...details,
        resourceId,
        problem,
        cause: typeof because === 'object' ? this.#copyOf(because) : undefined,
      },
    );
  }

  #exhausted(
    attempts: number,
    limit: ReasonOf<'exhausted'>['limit'],
    last: LastAttempt<AttemptFailure> | undefined,
    details: Details,
  ): PrefactorError {
    const failure = last?.kind === 'failure' ? last.failure : undefined;
    if (failure?.kind === 'contract' && limit !== 'deliveryTimeoutMs') {
      return contractError(failure, details);
    }
    const within = limit === 'deliveryTimeoutMs' ? 'within deliveryTimeoutMs, ' : '';
    return newError(
      PrefactorRetryExhaustedError,
      `No usable answer ${within}after ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}${lastOf(last)}. ${nextStep(details)}`,
      { ...details, attempts, limit, ...this.#metBy(last, details) },
    );
  }

  /** What the last attempt met, in words and as an error. */
  #metBy(
    last: LastAttempt<AttemptFailure> | undefined,
    details: Details,
  ): { last: string | undefined; cause: unknown } {
    if (last === undefined) return { last, cause: undefined };
    return { last: metLast(last), cause: this.#causeOfLast(last, details) };
  }

  #causeOfLast(last: LastAttempt<AttemptFailure>, details: Details): unknown {
    switch (last.kind) {
      case 'output':
        return this.#itemError(last, details, 'own');
      case 'failure':
        return this.#causeOf(last.failure);
      case 'silence':
        return new Error('The request was still waiting for a token, a connection or an answer.');
      default:
        return last satisfies never;
    }
  }

  /** One cause for all who shared the failed request. */
  #causeOf(failure: AttemptFailure): unknown {
    if (!this.#causes.has(failure)) this.#causes.set(failure, this.#newCause(failure));
    return this.#causes.get(failure);
  }

  #newCause(failure: AttemptFailure): unknown {
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
  #copyOf(blame: FailedItem<AttemptFailure>): unknown {
    let { key, reason } = blame;
    while ('because' in reason && typeof reason.because === 'object') {
      ({ key, reason } = reason.because);
    }
    return this.errorOf(reason, key, 'copy');
  }
}

function contractError(
  { status, problem, requestId, bodySnippet }: Extract<AttemptFailure, { kind: 'contract' }>,
  details: Details,
): PrefactorContractError {
  return newError(
    PrefactorContractError,
    `The answer (status ${status}) ${brokenWords[problem]}. Is apiUrl right? ${nextStep(details)}`,
    { ...details, problem, status, requestId, bodySnippet },
  );
}

/** A record has none: what a caller gives as the reason of an abort may be anything. */
function abortOf(
  { reason }: ReasonOf<'aborted'>,
  subject: string,
  audience: ErrorAudience,
): unknown {
  return audience === 'copy' && reason === undefined
    ? new DOMException(`${subject} was aborted by its caller.`, 'AbortError')
    : reason;
}

// The engine's reasons as parts of sentences: what happened, what came last, and what to do next.

/** The call, as a sentence names it. */
function subjectOf(key: string | undefined): string {
  return key === undefined ? 'the request' : `"${key}"`;
}

function nextStep({ maybeApplied }: { readonly maybeApplied: boolean }): string {
  return maybeApplied
    ? 'The work may have been done; repeating it with the same idempotencyKey is safe.'
    : 'The work was not done; it can be called again.';
}

/** What came last, as a part of a sentence. */
function lastOf(last: LastAttempt<AttemptFailure> | undefined): string {
  return last === undefined ? '' : ` (last: ${metLast(last)}, see cause)`;
}

function metLast(last: LastAttempt<AttemptFailure>): string {
  switch (last.kind) {
    case 'output':
      return 'an error that may pass';
    case 'failure':
      return metBy(last.failure);
    case 'silence':
      return 'nothing yet';
    default:
      return last satisfies never;
  }
}

/** Which bound of the queue was reached, what to do, and what went wrong for the calls in it. */
function fullOf({ bound, limit, last }: ReasonOf<'full'>): string {
  const since = last === undefined ? '' : ` Nothing usable comes from the server${lastOf(last)}.`;
  if (bound === 'finishes') {
    return `The queue is full, and so is the room beyond it that finishes have (${limit} at most). Await client.ready(), and call it again, or raise queue.maxItems and queue.maxBytes.${since}`;
  }
  const option = bound === 'items' ? 'queue.maxItems' : 'queue.maxBytes';
  return `The queue is full (${limit} ${bound} at most). Await client.ready() between calls, or raise ${option}.${since}`;
}

function closedOf({ maybeApplied, last }: ReasonOf<'closed'>, subject: string): string {
  return maybeApplied
    ? `The client was closed before ${subject} was answered${lastOf(last)}. ${nextStep({ maybeApplied })}`
    : `The client is closed, and ${subject} was not sent${lastOf(last)}. Call before close(), or give close() more time.`;
}

function brokenOf(reason: ReasonOf<'contract'>, subject: string): string {
  const what =
    reason.problem === 'missing output'
      ? `The answer has no output for ${subject}, though nothing failed before it`
      : `The output for ${subject} cannot be read`;
  return `${what}. ${nextStep(reason)}`;
}

/** What of a call could not be handled. */
function issueOf({ part }: ReasonOf<'threw'>): PrefactorIssue {
  return part === 'signal'
    ? {
        path: 'options.signal',
        message: 'cannot be listened to (see cause): pass the signal itself',
      }
    : { path: '', message: 'a part of it failed (see cause): its output, or its text' };
}

/** What became of what a call needs. */
function problemOf(because: DependencyCause<AttemptFailure>): PrefactorDependencyError['problem'] {
  if (typeof because === 'object') return 'failed';
  return because === 'declined' ? 'never made' : because;
}

const fateWords = {
  failed: 'could not be made (see cause). Make it first, then call again.',
  'never made':
    'was never made, since the call that was to make it was not accepted. Make it first, then call again.',
  'other id':
    "got another id from the API than the one that this client had made. Pass calls or results instead of ids, or use ids: 'server'.",
  'no id':
    'has no id: the API made it, but its answer names none. Await the call that makes it, and look.',
} as const;
