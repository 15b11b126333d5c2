import { isObject, own } from '../lib/own-fields.ts';
import type { Redact } from '../lib/snippets.ts';
import { codeSnippetOf, jsonOf, oneLine, snippetOf } from '../lib/snippets.ts';
import type { ApiErrorDetails } from './error-classes.ts';
import {
  newError,
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from './error-classes.ts';

/** What an error body says (docs/internals/api.md, "Error body"), bounded and free of the token. */
export interface ErrorAnswer {
  readonly apiCode: string | undefined;
  readonly apiMessage: string | undefined;
  readonly errors: unknown;
}

// Honest details are far below that; hostile ones must not live on in errors.
const maxApiErrorsLength = 100_000;

/** Reads an error body, or an output that is an error; what has the wrong type counts as missing. */
export function readErrorAnswer(body: unknown, redact: Redact): ErrorAnswer {
  return {
    ...codeAndMessageOf(body, redact),
    errors: errorDetailsOf(own(body, 'errors'), redact),
  };
}

/** The same without the details in `errors`, which may be large. */
export function codeAndMessageOf(body: unknown, redact: Redact): Omit<ErrorAnswer, 'errors'> {
  const code = own(body, 'code');
  const message = own(body, 'message');
  return {
    apiCode: typeof code === 'string' ? apiCodeOf(code, redact) : undefined,
    apiMessage: typeof message === 'string' ? snippetOf(message, redact) : undefined,
  };
}

/** Required on `rate_limited` (docs/internals/api.md, "Error codes"); ignored where it is no duration. */
export function pauseMsOfApiError(output: unknown): number | undefined {
  const ms = own(output, 'retry_after_ms');
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms) ? ms : undefined;
}

// The code decides the class: one that we know is kept, even if a token is a part of it.
function apiCodeOf(code: string, redact: Redact): string {
  return kindOfAnswer.has(code) ? code : codeSnippetOf(code, redact);
}

/** As they came, but for the token, and each caller's own; too large or too deep to look through: left out. */
function errorDetailsOf(errors: unknown, redact: Redact): unknown {
  const text = jsonOf(errors);
  if (text === undefined || text.length > maxApiErrorsLength) return undefined;
  return JSON.parse(redact(text));
}

type Kind = 'auth' | 'not found' | 'validation' | 'conflict';

// The API's list (docs/internals/api.md, "Error codes"); which class a code has is *inferred* from its name. The rest
// of the list (`passingApiCodes`, `not_implemented`, `alert_unknown`, `alert_already_cleared`) has none.
const kindOfAnswer: ReadonlyMap<string | number, Kind> = new Map<string | number, Kind>([
  ['bad_authtoken', 'auth'],
  ['not_authenticated', 'auth'],
  ['not_permitted', 'auth'],
  ['not_found', 'not found'],
  ['bad_request', 'validation'],
  ['validation_errors', 'validation'],
  ['invalid_value', 'validation'],
  ['required_value', 'validation'],
  ['unexpected_ref_type', 'validation'],
  ['invalid_action', 'conflict'],
  ['idempotency_key_already_used', 'conflict'],
  // Not on the list, but on earlier pages and in official mocks.
  ['unauthorized', 'auth'],
  ['forbidden', 'auth'],
  ['validation_error', 'validation'],
  ['required', 'validation'],
  ['conflict', 'conflict'],
  // Statuses of refused requests.
  [400, 'validation'],
  [401, 'auth'],
  [403, 'auth'],
  [404, 'not found'],
  [409, 'conflict'],
  [422, 'validation'],
]);

/** Troubles of the server that pass, by their codes (docs/internals/api.md, "Error codes", *inferred*). */
const passingApiCodes: ReadonlySet<string> = new Set([
  'temporarily_unavailable',
  'rate_limited',
  'unknown',
  'unexpected',
]);

/** The key was used before, perhaps by an attempt of this very item (docs/internals/api.md, "Idempotency keys"). */
export const ALREADY_USED = 'idempotency_key_already_used';

// 409 on single endpoints; that bulk outputs use the same codes is *inferred* (docs/internals/api.md, "Error codes").
// `invalid_action` is seen where a span or an instance is finished already; `conflict` is not seen, and
// is none of the API's list. A key that was used before may have been used by ourselves.
export function conflictOf(
  code: string | undefined,
  errors: unknown,
): 'exists' | 'state' | 'used' | undefined {
  if (code === 'conflict' || saysIdIsTaken(code, errors)) return 'exists';
  if (code === ALREADY_USED) return 'used';
  return code === 'invalid_action' ? 'state' : undefined;
}

/**
 * Whether the id is all that validation finds wrong. How the API refuses a taken id is *unknown*
 * (docs/internals/api.md, "Ids"); this is how its kind of server does.
 */
export function saysIdIsTaken(code: string | undefined, errors: unknown): boolean {
  if (code !== 'validation_errors' && code !== 'validation_error') return false;
  if (!isObject(errors)) return false;
  const names = Object.keys(errors);
  return names.length === 1 && names[0] === 'id';
}

const classOfKind = {
  auth: PrefactorAuthError,
  'not found': PrefactorNotFoundError,
  validation: PrefactorValidationError,
  conflict: PrefactorConflictError,
  other: PrefactorApiError,
} as const;

/**
 * The error for what the API answered: the only place where a status or a code becomes a class. The
 * status of a refused request decides, else the code; so an item's error and the same error of a
 * single call are one class. `makesIds`: the client makes ids itself, so a refusal may be about one of those.
 */
export function apiError(details: ApiErrorDetails, makesIds: boolean): PrefactorApiError {
  const kind = errorKindOf(details);
  const ids = makesIds && kind !== 'auth' ? aboutIds(details) : '';
  return newError(classOfKind[kind], messageOf(kind, details) + ids, details);
}

function errorKindOf({ status, apiCode }: ApiErrorDetails): Kind | 'other' {
  // Whatever a redirect's body says, it is not the API that says it.
  if (isRedirect(status)) return 'other';
  return kindOfAnswer.get(status ?? '') ?? kindOfAnswer.get(apiCode ?? '') ?? 'other';
}

function messageOf(kind: Kind | 'other', details: ApiErrorDetails): string {
  const { idempotencyKey: key, status, errors, maybeApplied } = details;
  const subject = key === undefined ? 'a request' : `"${key}"`;
  const said = saidBy(details);
  switch (kind) {
    case 'auth':
      return `The API did not accept the token for ${subject} (${said}). Check apiToken: is it complete, active, and allowed to do this?`;
    case 'not found':
      return status === 404
        ? `The API has no bulk endpoint for ${subject} (${said}). Is apiUrl right?`
        : `The API does not know what ${subject} names (${said}). Check its ids.`;
    case 'validation':
      return `The API found ${subject} invalid (${said}). Correct it${errors === undefined ? '' : ' as errors says'}, and call again.`;
    case 'conflict':
      return maybeApplied
        ? `The API says that ${subject} conflicts with what is there (${said}), but an attempt before this one had no answer and may be what is there. Look before you repeat it.`
        : `The API says that ${subject} conflicts with what is there (${said}). It exists already or is over: nothing to repeat.`;
    case 'other':
      return `The API refused ${subject} (${said}). ${adviceFor(details)}`;
    default:
      return kind satisfies never;
  }
}

function saidBy({ status, apiCode, apiMessage }: ApiErrorDetails): string {
  const what = [status, apiCode].filter((part) => part !== undefined).join(' ') || 'no code';
  return oneLine(apiMessage === undefined ? what : `${what}: ${JSON.stringify(apiMessage)}`);
}

export function isRedirect(status: number | undefined): boolean {
  return status !== undefined && status >= 300 && status < 400;
}

function adviceFor({ status, apiCode }: ApiErrorDetails): string {
  if (status === 405) return 'Is apiUrl right?';
  if (isRedirect(status)) {
    return 'Redirects are not followed, since they would carry the token elsewhere: set apiUrl to the final address.';
  }
  const passes = status === undefined && passingApiCodes.has(apiCode ?? '');
  if (passes || status === 429 || status === 503) return 'Call again later.';
  if (status === 413) return 'Make it smaller, for example in beforeEnqueue.';
  return 'See apiCode; the same call is likely to fail again.';
}

/**
 * Which ids a server accepts from a client is *unknown* (docs/internals/api.md, "Ids"). Whether this one was ours is
 * not known here either, so the advice is conditional.
 */
function aboutIds({ apiMessage = '', errors }: ApiErrorDetails): string {
  const fields = isObject(errors) ? Object.keys(errors) : [];
  const isNamed =
    fields.includes('id') || /\b(id|pfid|[0-7][0-9a-hjkmnp-tv-z]{31})\b/i.test(apiMessage);
  return isNamed ? " If it is about an id that this client made, try ids: 'server'." : '';
}
