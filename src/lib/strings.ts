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

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
