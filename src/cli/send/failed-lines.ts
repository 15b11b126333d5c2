/** Lines that failed: why, and the file of `--failed`. */
import { appendFileSync, closeSync, openSync } from 'node:fs';
import {
  isPrefactorError,
  PrefactorApiError,
  PrefactorClosedError,
  PrefactorDependencyError,
  PrefactorInvalidArgumentError,
  PrefactorRetryExhaustedError,
  PrefactorSkippedError,
} from '../../index.ts';
import { messageOf } from '../../recordings/actions/action-file.ts';
import { CommandFailure } from '../command/failures-exit-codes.ts';

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
  const causes = failureCauses(error).map((cause) => `${cause.name}: ${failureSentence(cause)}`);
  return {
    kind: isPrefactorError(error) ? error.name : 'unknown',
    apiCode: apiCodeOf(error),
    message: failureSentence(error),
    errors: 'errors' in error ? error.errors : undefined,
    causes: causes.length === 0 ? undefined : causes,
    isConsequence:
      error instanceof PrefactorDependencyError || error instanceof PrefactorSkippedError,
  };
}

/** Whether the API already knows its key, or the key of something that it needs. */
export function wasSentBefore(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return [error, ...failureCauses(error)].some(
    (one) => apiCodeOf(one) === 'idempotency_key_already_used',
  );
}

/** Messages of errors name keys and options of the client, which mean nothing to the sender of a file. */
function failureSentence(error: Error): string {
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
function failureCauses({ cause }: Error, levels = 5): Error[] {
  return cause instanceof Error && levels > 0 ? [cause, ...failureCauses(cause, levels - 1)] : [];
}

/** Lines that can be sent again, as an action file of its own. */
export class FailedLines {
  readonly path: string;
  count = 0;
  /** Why a line could not be written, as a sentence. */
  problems: readonly string[] = [];
  readonly #descriptor: number;

  /** @throws {CommandFailure} when nothing can be written there, or something stands there. */
  constructor(path: string) {
    this.path = path;
    try {
      // An existing file may hold lines of an earlier time, or be the one that is about to be read.
      this.#descriptor = openSync(path, 'wx');
    } catch (error) {
      const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      throw new CommandFailure(
        isThere
          ? `"${path}" exists already; name another file for --failed.`
          : `"${path}" cannot be written: ${messageOf(error)}.`,
      );
    }
  }

  /**
   * Adds a line with the ids that are known of what it names, so that it can be sent without the lines that made
   * that, and with its key if it may have been done.
   */
  add(line: string, known: Readonly<Record<string, string | undefined>> = {}): void {
    this.count++;
    const fields = JSON.stringify(known).slice(1, -1);
    // The line's own fields come later in the object, so they win.
    const text = fields === '' || !line.startsWith('{') ? line : `{${fields},${line.slice(1)}`;
    try {
      appendFileSync(this.#descriptor, `${text}\n`);
    } catch (error) {
      this.problems = [`${this.path} could not be written: ${messageOf(error)}.`];
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
