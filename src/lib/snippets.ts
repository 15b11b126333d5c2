import { tried } from './user-code.ts';

/**
 * The same text, in memory of its own. V8 keeps a whole text for each slice of it, so a kept snippet would
 * keep the whole answer.
 */
export function unsliced(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/** A foreign text made safe for logs and terminals: one line, without control and direction characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

/** Takes every token that is or was in use out of a text. */
export type Redact = (text: string) => string;

const maxSnippetLength = 200;
const maxCodeSnippetLength = 100;

/** The beginning of a text that is not ours. Redacted before it is cut, so that no half token remains. */
export function snippetOf(text: string, redact: Redact): string {
  const clean = redact(text);
  if (clean.length <= maxSnippetLength) return clean;
  return unsliced(`${clean.slice(0, maxSnippetLength)}…`);
}

/** The same of a code: a word, which has no mark where it was cut. */
export function codeSnippetOf(code: string, redact: Redact): string {
  return unsliced(redact(code).slice(0, maxCodeSnippetLength));
}

/** A value as JSON; undefined where it has none, or is nested deeper than the stack is. */
export function jsonOf(value: unknown): string | undefined {
  return tried(() => JSON.stringify(value));
}

/** How it begins. */
export function jsonSnippetOf(value: unknown, redact: Redact): string | undefined {
  const text = jsonOf(value);
  return text === undefined ? undefined : snippetOf(text, redact);
}
