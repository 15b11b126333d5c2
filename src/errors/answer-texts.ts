import { PrivateNotes } from '../lib/private-notes.ts';
import type { Redact } from '../lib/snippets.ts';
import { jsonOf } from '../lib/snippets.ts';

// As for the details in `errors`: honest bodies are far below that; hostile ones must not live on in errors.
const MAX_ANSWER_LENGTH = 100_000;

const answerTexts = new PrivateNotes<object, string>();

/** The text of an answer, free of the token; undefined where it is too large to be kept. */
export function answerTextOf(text: string, redact: Redact): string | undefined {
  return text.length > MAX_ANSWER_LENGTH ? undefined : redact(text);
}

/** The text of an output that is an error, by the same rule. */
export function outputTextOf(output: unknown, redact: Redact): string | undefined {
  return answerTextOf(jsonOf(output) ?? '', redact) || undefined;
}

/** Notes on the error of one call what the API wrote. It shows in no field of the error, and in no print of it. */
export function noteAnswerText(error: object, text: string | undefined): void {
  if (text !== undefined) answerTexts.set(error, text);
}

/** The error body as the API wrote it, for those who hand it on; undefined where the API wrote none. */
export function notedAnswerText(error: object): string | undefined {
  return answerTexts.get(error);
}
