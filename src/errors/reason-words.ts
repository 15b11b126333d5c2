/** The engine's reasons as parts of sentences: what happened, what came last, and what to do next. */
import type { DependencyCause, LastAttempt, Reason } from '../coalescer/index.ts';
import type { Failure } from './attempt-failure.ts';
import { metBy } from './attempt-failure.ts';
import type { PrefactorDependencyError, PrefactorIssue } from './error-classes.ts';

type ReasonOf<Kind extends Reason<Failure>['kind']> = Extract<Reason<Failure>, { kind: Kind }>;

/** Which bound of an item's attempts was met. */
export type Limit = ReasonOf<'exhausted'>['limit'];

/** The call, as a sentence names it. */
export function subjectOf(key: string | undefined): string {
  return key === undefined ? 'the request' : `"${key}"`;
}

export function nextStep({ maybeApplied }: { readonly maybeApplied: boolean }): string {
  return maybeApplied
    ? 'The work may have been done; repeating it with the same idempotencyKey is safe.'
    : 'The work was not done; it can be called again.';
}

/** What came last, as a part of a sentence. */
export function lastOf(last: LastAttempt<Failure> | undefined): string {
  if (last === undefined) return '';
  return ` (last: ${metLast(last)}, see cause)`;
}

export function metLast(last: LastAttempt<Failure>): string {
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
export function fullOf({ bound, limit, last }: ReasonOf<'full'>): string {
  const since = last === undefined ? '' : ` Nothing usable comes from the server${lastOf(last)}.`;
  switch (bound) {
    case 'items':
      return `The queue is full (${limit} items at most). Await client.ready() between calls, or raise queue.maxItems.${since}`;
    case 'bytes':
      return `The queue is full (${limit} bytes at most). Await client.ready() between calls, or raise queue.maxBytes.${since}`;
    case 'finishes':
      return `The queue is full, and so is the room beyond it that finishes have (${limit} at most). Await client.ready(), and call it again, or raise queue.maxItems and queue.maxBytes.${since}`;
    default:
      return bound satisfies never;
  }
}

export function closedOf({ maybeApplied, last }: ReasonOf<'closed'>, subject: string): string {
  return maybeApplied
    ? `The client was closed before ${subject} was answered${lastOf(last)}. ${nextStep({ maybeApplied })}`
    : `The client is closed, and ${subject} was not sent${lastOf(last)}. Call before close(), or give close() more time.`;
}

export function brokenOf(reason: ReasonOf<'contract'>, subject: string): string {
  const what =
    reason.problem === 'missing output'
      ? `The answer has no output for ${subject}, though nothing failed before it`
      : `The output for ${subject} cannot be read`;
  return `${what}. ${nextStep(reason)}`;
}

/** What of a call could not be handled. */
export function issueOf({ part }: ReasonOf<'fault'>): PrefactorIssue {
  return part === 'signal'
    ? {
        path: 'options.signal',
        message: 'cannot be listened to (see cause): pass the signal itself',
      }
    : { path: '', message: 'a part of it failed (see cause): its output, or its text' };
}

export function boundOf(limit: Limit): string {
  switch (limit) {
    case 'attempts':
      return 'after ';
    case 'deliveryTimeoutMs':
      return 'within deliveryTimeoutMs, after ';
    default:
      return limit satisfies never;
  }
}

/** What became of what a call needs. */
export function problemOf(because: DependencyCause<Failure>): PrefactorDependencyError['problem'] {
  if (typeof because === 'object') return 'failed';
  return because === 'declined' ? 'never made' : because;
}

export const fateWords = {
  failed: 'could not be made (see cause). Make it first, then call again.',
  'never made':
    'was never made, since the call that was to make it was not accepted. Make it first, then call again.',
  'other id':
    "got another id from the API than the one that this client had made. Use references instead of ids, or ids: 'server'.",
  'no id':
    'has no id: the API made it, but its answer names none. Await the call that makes it, and look.',
} as const;
