import { own } from '../lib/own-fields.ts';
import { unsliced } from '../lib/strings.ts';
import { isKnownCode } from './classify.ts';

/** Takes every token that is or was in use out of a text. */
export type Redact = (text: string) => string;

/** What an error body says (docs/internals/api.md, "Error body"), bounded and free of the token. */
export interface ErrorAnswer {
  readonly apiCode: string | undefined;
  readonly apiMessage: string | undefined;
  readonly errors: unknown;
}

// An honest answer is far below these; a hostile one must not live on in errors.
const maxCodeLength = 100;
const maxMessageLength = 200;
const maxErrorsLength = 100_000;

/** Reads an error body, or an output that is an error; what has the wrong type counts as missing. */
export function readErrorAnswer(body: unknown, redact: Redact): ErrorAnswer {
  return {
    ...codeAndMessageOf(body, redact),
    errors: findingsOf(own(body, 'errors'), redact),
  };
}

/** The same without the findings, which may be large. */
export function codeAndMessageOf(body: unknown, redact: Redact): Omit<ErrorAnswer, 'errors'> {
  const code = own(body, 'code');
  const message = own(body, 'message');
  return {
    apiCode: typeof code === 'string' ? codeOf(code, redact) : undefined,
    apiMessage: typeof message === 'string' ? snippetOf(message, redact) : undefined,
  };
}

/** Required on `rate_limited` (docs/internals/api.md, "Error codes"); ignored where it is no duration. */
export function askedPauseMs(output: unknown): number | undefined {
  const ms = own(output, 'retry_after_ms');
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms) ? ms : undefined;
}

/** The beginning of a text that is not ours. Redacted before it is cut, so that no half token remains. */
export function snippetOf(text: string, redact: Redact): string {
  const clean = redact(text);
  if (clean.length <= maxMessageLength) return clean;
  return unsliced(`${clean.slice(0, maxMessageLength)}…`);
}

/** The beginning of a value as JSON; undefined where it has none. */
export function jsonSnippetOf(value: unknown, redact: Redact): string | undefined {
  const text = jsonOf(value);
  return text === undefined ? undefined : snippetOf(text, redact);
}

// The code decides the class: one that we know is kept, even if a token is a part of it.
function codeOf(code: string, redact: Redact): string {
  return isKnownCode(code) ? code : unsliced(redact(code).slice(0, maxCodeLength));
}

/** As they came, but for the token, and each caller's own; too large or too deep to look through: left out. */
function findingsOf(errors: unknown, redact: Redact): unknown {
  const text = jsonOf(errors);
  if (text === undefined || text.length > maxErrorsLength) {
    return undefined;
  }
  const clean = redact(text);
  return JSON.parse(clean);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // nested deeper than the stack is
  }
}
