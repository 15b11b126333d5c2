/**
 * A text that somebody else wrote, as a log or a terminal may show it: in one line, without what moves a
 * cursor, changes colours, or turns the direction of writing.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}
