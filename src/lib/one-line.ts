/** A foreign text made safe for logs and terminals: one line, without control and direction characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}
