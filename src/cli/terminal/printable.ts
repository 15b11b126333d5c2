/**
 * Makes text from a server, a file or a client of the emulator safe to print. Characters that move the cursor,
 * change colours, make links or turn the direction of writing are shown as JSON escapes, so that JSON keeps its
 * meaning.
 */

/** Control and format characters, breaks of lines and paragraphs, halves of pairs; a line break may stay. */
const UNPRINTABLE = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;

/** Text of any number of lines. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** Text that must not make lines of its own. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, escaped);
}

function escaped(characters: string): string {
  // By code unit, as JSON does.
  return Array.from(
    { length: characters.length },
    (_, at) => `\\u${characters.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
