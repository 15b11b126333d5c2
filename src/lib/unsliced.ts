/**
 * The same text, in memory of its own. V8 keeps a whole text for each slice of it, so a kept snippet would
 * keep the whole answer.
 */
export function unsliced(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
