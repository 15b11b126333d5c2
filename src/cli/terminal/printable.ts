/**
 * Texts for a terminal that somebody else had a part in: a server, a file, a client of the emulator. What
 * moves a cursor, changes colours, links, or turns the direction of writing is shown as its escape, as
 * JSON writes it: so that of JSON the meaning stays.
 */
import type { Writable } from 'node:stream';

/** `isTTY` is true where a person reads it, in lines of so many `columns`. */
export type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Where text goes that is made printable first. */
export interface TextOutput {
  write(text: string): void;
}

export function printableTo(stream: Stream): TextOutput {
  return { write: (text) => void stream.write(printable(text)) };
}

/** Control and format characters, breaks of lines and paragraphs, halves of pairs; a line break may stay. */
const UNPRINTABLE = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;
const BREAKS = /[\n\t]/g;

/** Text of any number of lines. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** Text that must not make lines of its own. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(BREAKS, escaped);
}

function escaped(characters: string): string {
  // By code unit: JSON has no other way.
  return Array.from(
    { length: characters.length },
    (_, at) => `\\u${characters.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
