// How the API would have answered, at a single endpoint.
import { notedAnswerText } from '../errors/answer-texts.ts';
import { isPrefactorError } from '../errors/error-classes.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

// Which status goes with which code is mostly told by the names (docs/internals/api.md, "Error codes").
const statusOfCode: ReadonlyMap<string, number> = new Map([
  ['bad_request', 400],
  ['bad_authtoken', 401],
  ['not_authenticated', 401],
  ['not_permitted', 403],
  ['not_found', 404],
  ['invalid_action', 409],
  ['idempotency_key_already_used', 409],
  ['validation_errors', 422],
  ['invalid_value', 422],
  ['required_value', 422],
  ['unexpected_ref_type', 422],
  ['rate_limited', 429],
  ['unexpected', 500],
  ['unknown', 500],
  ['not_implemented', 501],
  ['temporarily_unavailable', 503],
]);

/** For codes of earlier pages of the API. */
const statusOfClass = {
  AUTH_FAILED: 401,
  NOT_FOUND: 404,
  VALIDATION_FAILED: 422,
  CONFLICT: 409,
  API_ERROR: 422,
} as const;

const statusTexts: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [413, 'Payload Too Large'],
  [415, 'Unsupported Media Type'],
  [422, 'Unprocessable Entity'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [503, 'Service Unavailable'],
]);

/** An error body of our own making. */
export function errorAnswer(code: string, message: string): HttpAnswer {
  return {
    status: statusOfCode.get(code) ?? 422,
    text: JSON.stringify({ status: 'error', code, message }),
  };
}

/** The answer that a failed call would have had; undefined where there was none to have. */
export function answerOf(error: unknown): HttpAnswer | undefined {
  if (!isPrefactorError(error)) return undefined;
  switch (error.code) {
    case 'API_ERROR':
    case 'AUTH_FAILED':
    case 'NOT_FOUND':
    case 'VALIDATION_FAILED':
    case 'CONFLICT': {
      const { apiCode: code, apiMessage: message, errors } = error;
      const status = error.status ?? statusOfCode.get(code ?? '') ?? statusOfClass[error.code];
      const text = notedAnswerText(error);
      return { status, text: text ?? JSON.stringify({ status: 'error', code, message, errors }) };
    }
    case 'DEPENDENCY_FAILED':
      return errorAnswer('not_found', error.message);
    case 'IDEMPOTENCY_CONFLICT':
      return errorAnswer('idempotency_key_already_used', error.message);
    case 'INVALID_ARGUMENT':
      return errorAnswer('validation_errors', error.message);
    default:
      return undefined;
  }
}

/** The statuses that may have no body. */
const bodyless: readonly number[] = [204, 205, 304];

export function responseOf({ status, text }: HttpAnswer, url: string): Response {
  const isJson = text.startsWith('{') || text.startsWith('[');
  const response = new Response(bodyless.includes(status) ? null : text, {
    status,
    statusText: statusTexts.get(status) ?? '',
    headers: { 'content-type': `${isJson ? 'application/json' : 'text/plain'}; charset=utf-8` },
  });
  // Empty for all that was not fetched, and not to be assigned.
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
