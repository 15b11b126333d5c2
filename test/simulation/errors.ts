/** What the simulation reads in errors; by name, since the package under test may be a copy. */
import { USED_CODE } from './server.ts';

interface Read {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly bound: string | undefined;
  readonly maybeApplied: boolean | undefined;
  readonly status: number | undefined;
  readonly apiCode: string | undefined;
  readonly errors: unknown;
  readonly idempotencyKey: string | undefined;
  readonly cause: unknown;
}

export function readError(error: unknown): Read {
  const fields = Object(error) as Partial<Read>;
  return {
    name: String(fields.name),
    message: String(fields.message),
    code: fields.code,
    bound: fields.bound,
    maybeApplied: fields.maybeApplied,
    status: fields.status,
    apiCode: fields.apiCode,
    errors: fields.errors,
    idempotencyKey: fields.idempotencyKey,
    cause: fields.cause,
  };
}

/** All that an error says, with its causes. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${JSON.stringify(error)} ${error.cause === undefined ? '' : textOf(error.cause)}`;
}

export type Column = 'refused' | 'notAttempted' | 'inDoubt' | 'cancelled' | 'declined';

/** In which column of the ledger a rejected call belongs. */
export function columnOf(error: unknown, isAccepted: boolean, isAborted: boolean): Column {
  if (!isAccepted) return 'declined';
  const { code, maybeApplied, status, apiCode, cause } = readError(error);
  if (isAborted && code === undefined) return 'cancelled';
  switch (code) {
    case 'SKIPPED':
    case 'CLOSED':
      return maybeApplied ? 'inDoubt' : 'notAttempted';
    case 'CONTRACT_BROKEN':
      return 'inDoubt';
    case 'DEPENDENCY_FAILED':
      return maybeApplied ? 'inDoubt' : 'refused';
    case 'RETRY_EXHAUSTED': {
      if (maybeApplied) return 'inDoubt';
      const last = readError(cause);
      const isItemError = last.apiCode !== undefined && last.status === undefined;
      return isItemError ? 'refused' : 'notAttempted';
    }
    default: {
      // A definite answer for the item leaves no doubt, but for what its key did; that of a whole request may.
      const isForRequest = status !== undefined || cause !== undefined;
      return (isForRequest || apiCode === USED_CODE) && maybeApplied ? 'inDoubt' : 'refused';
    }
  }
}
