import {
  isPrefactorError,
  PrefactorApiError,
  PrefactorClosedError,
  PrefactorDependencyError,
  PrefactorInvalidArgumentError,
  PrefactorRetryExhaustedError,
  PrefactorSkippedError,
} from '../../index.ts';

/** Why a line failed. */
export interface LineFailure {
  /** The class of the error; `bad line` where no call was made. */
  readonly kind: string;
  /** The API's word for it. */
  readonly apiCode?: string | undefined;
  /** Whether it failed only since it needed what another line was to make. */
  readonly isConsequence: boolean;
  readonly message: string;
  /** What the API says of single fields. */
  readonly errors?: unknown;
  /** The chain of causes, the nearest first. */
  readonly causes?: readonly string[] | undefined;
}

export function lineFailureOf(error: unknown): LineFailure {
  if (!(error instanceof Error)) {
    return { kind: 'unknown', message: String(error), isConsequence: false };
  }
  const causes = lineFailureCauses(error).map(
    (cause) => `${cause.name}: ${lineFailureSentence(cause)}`,
  );
  const needs = needsWhatWasSentBefore(error);
  return {
    kind: isPrefactorError(error) ? error.name : 'unknown',
    apiCode: needs ? USED_KEY : apiCodeOf(error),
    message: needs ? UNKNOWN_ID : lineFailureSentence(error),
    errors: 'errors' in error ? error.errors : undefined,
    causes: causes.length === 0 ? undefined : causes,
    // What it needs has not failed, so no other line tells why.
    isConsequence:
      !needs &&
      (error instanceof PrefactorDependencyError || error instanceof PrefactorSkippedError),
  };
}

const USED_KEY = 'idempotency_key_already_used';
const UNKNOWN_ID =
  'It was not sent now: the id of what it needs is unknown, since the API refuses the key of that as used.';

/** Whether the API already knows its key. */
export function wasSentBefore(error: unknown): boolean {
  return error instanceof Error && apiCodeOf(error) === USED_KEY;
}

/** Whether it needs the id of what was sent before, which an API that refuses used keys does not tell. */
export function needsWhatWasSentBefore(error: unknown): boolean {
  return error instanceof PrefactorDependencyError && lineFailureCauses(error).some(wasSentBefore);
}

/** Messages of errors name keys and options of the client, which mean nothing to the sender of a file. */
function lineFailureSentence(error: Error): string {
  if (error instanceof PrefactorApiError) {
    const what = [error.status, error.apiCode].filter((part) => part !== undefined).join(' ');
    const words = error.apiMessage === undefined ? '' : `: ${JSON.stringify(error.apiMessage)}`;
    return `The API says ${what === '' ? 'no' : what}${words}.`;
  }
  if (error instanceof PrefactorClosedError) {
    return error.maybeApplied
      ? 'It was sent, and the sending ended before its answer came.'
      : 'It was not sent any more.';
  }
  if (error instanceof PrefactorRetryExhaustedError) {
    return `No usable answer, after ${error.attempts === 1 ? '1 attempt' : `${error.attempts} attempts`}.`;
  }
  if (error instanceof PrefactorDependencyError) return 'What it needs could not be made.';
  if (error instanceof PrefactorSkippedError) {
    return 'The API did not reach it: an earlier item of its request failed.';
  }
  if (error instanceof PrefactorInvalidArgumentError) {
    // The client says `agentVersion`, where the file says `agent_version`.
    const inFile = (path: string): string => path.replace(/[A-Z]/g, (at) => `_${at.toLowerCase()}`);
    return error.issues.map(({ path, message }) => `${inFile(path)} ${message}.`.trim()).join(' ');
  }
  return error.message;
}

function apiCodeOf(error: Error): string | undefined {
  return error instanceof PrefactorApiError ? error.apiCode : undefined;
}

/** At most so many `levels` of them: a chain may lead back to its beginning. */
function lineFailureCauses({ cause }: Error, levels = 5): Error[] {
  return cause instanceof Error && levels > 0
    ? [cause, ...lineFailureCauses(cause, levels - 1)]
    : [];
}
