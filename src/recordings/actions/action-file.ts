/** Action files as bytes: a file, a pipe or a stream, plain or gzip, read line by line. */
import { isUtf8 } from 'node:buffer';
import { constants, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { NumberedLine } from './action-line.ts';
import { parseLine } from './action-line.ts';
import { otherKindOf, otherKindOfLine } from './foreign-files.ts';
import type { RecordedAction } from './recorded-action.ts';

/** Why a file cannot be read, or is no action file, as a sentence for people. */
export class ActionFileError extends Error {}

/** The longest line: more than the API takes in a body. A binary file may have no line breaks at all. */
const MAX_LINE_BYTES = 64_000_000;

/**
 * Opens an action file; `-` is the standard input. Its first bytes tell whether it is compressed.
 *
 * @throws {ActionFileError} when there is no such file, or it may not be read.
 */
export async function openActionFile(path: string, stdin: Readable): Promise<ActionFile> {
  if (path === '-') return new ActionFile(stdin, { path: 'Standard input' });
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      throw new ActionFileError(`"${path}" is a folder; name a file in it.`);
    }
    if (stats.isFIFO()) {
      // The usual way to open a pipe waits for a writer, and that wait could not be ended.
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return new ActionFile(new Socket({ fd, readable: true, writable: false }), { path });
    }
    const source = (await open(path)).createReadStream();
    if (!stats.isFile()) return new ActionFile(source, { path });
    // Where the time of a file's birth is not known it is 0.
    const madeAt = Math.floor(Math.min(stats.birthtimeMs || stats.mtimeMs, stats.mtimeMs));
    return new ActionFile(source, { path, size: stats.size, name: basename(path), madeAt });
  } catch (error) {
    if (error instanceof ActionFileError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new ActionFileError(`There is no file "${path}".`);
    throw new ActionFileError(
      code === 'EACCES'
        ? `"${path}" may not be read: its permissions forbid it.`
        : `"${path}" cannot be opened: ${messageOf(error)}.`,
    );
  }
}

/** The actions of a file that is known to be right: ends with an `ActionFileError` at a bad line. */
export async function* readActions(path: string): AsyncGenerator<RecordedAction> {
  const file = await openActionFile(path, process.stdin);
  for await (const line of file.lines()) {
    if (line.kind === 'problem') {
      throw new ActionFileError(`${path}, line ${line.number}: ${line.problem}`);
    }
    yield line.action;
  }
}

/** What is known of a file; all but the path is undefined for a stream. */
export interface FileOrigin {
  /** As messages name it. */
  readonly path: string;
  /** Its own name, without folders. */
  readonly name?: string;
  /** When it was made, or last written if that was before, in milliseconds since 1970. */
  readonly madeAt?: number;
  /** Bytes in all, compressed where the file is. */
  readonly size?: number;
}

export class ActionFile {
  readonly origin: FileOrigin;
  /** Bytes read so far. */
  bytesRead = 0;
  /** Known from the first bytes on. */
  isCompressed = false;
  readonly #source: Readable;

  constructor(source: Readable, origin: FileOrigin) {
    this.origin = origin;
    this.#source = source;
  }

  /**
   * Its lines, once. Ends with an `ActionFileError` where the file cannot be read to its end, or is no
   * action file.
   */
  async *lines(ignored?: ReadonlySet<string>): AsyncGenerator<NumberedLine> {
    let number = 0;
    let isFirst = true;
    try {
      for await (const { bytes, isWhole } of linesOf(this.#decompressed())) {
        number++;
        if (number === 1) this.#throwIfForeign(otherKindOf(bytes));
        if (!isUtf8(bytes)) {
          const problem = 'This is no text in UTF-8.';
          yield { number, text: '', kind: 'problem', problem, isJson: true };
          continue;
        }
        const text = bytes.toString().trim();
        if (text === '') continue;
        const line = parseLine(text, ignored);
        if (isFirst && line.kind === 'problem') this.#throwIfForeign(otherKindOfLine(text));
        isFirst = false;
        if (line.kind === 'problem' && !line.isJson && !isWhole) {
          throw new ActionFileError(`${this.origin.path} ends in the middle of line ${number}.`);
        }
        yield { number, text, ...line };
      }
    } catch (error) {
      if (error instanceof ActionFileError) throw error;
      const after = number === 0 ? 'at its first line' : `after line ${number}`;
      throw new ActionFileError(
        `${this.origin.path} cannot be read ${after}: ${messageOf(error)}.`,
      );
    }
  }

  /** Its bytes, decompressed, once: of a file of which nothing is sent before it is known as a whole. Ends as `lines` does. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    let isFirst = true;
    try {
      for await (const bytes of this.#decompressed()) {
        const kind = isFirst ? otherKindOf(Buffer.from(bytes)) : undefined;
        if (kind !== undefined) {
          throw new ActionFileError(`${this.origin.path} cannot be read: ${kind}`);
        }
        isFirst = false;
        yield bytes;
      }
    } catch (error) {
      if (error instanceof ActionFileError) throw error;
      const { path } = this.origin;
      throw new ActionFileError(
        `${path} cannot be read to its end: ${messageOf(error)}; nothing of it was sent.`,
      );
    }
  }

  #throwIfForeign(kind: string | undefined): void {
    if (kind !== undefined)
      throw new ActionFileError(`${this.origin.path} is no action file: ${kind}`);
  }

  /** A reading that is under way fails. */
  close(): void {
    this.#source.destroy();
  }

  /** The bytes, decompressed if they are compressed. */
  async *#decompressed(): AsyncGenerator<Uint8Array> {
    const chunks = this.#counted();
    let first = Buffer.alloc(0);
    // A pipe may give its first bytes one by one.
    while (first.length < 2) {
      const { value, done } = await chunks.next();
      if (done) break;
      first = Buffer.concat([first, value]);
    }
    const all = (async function* () {
      yield first;
      yield* chunks;
    })();
    this.isCompressed = first[0] === 0x1f && first[1] === 0x8b;
    // An error reaches the reader of the output; without a callback it would be thrown as well.
    yield* this.isCompressed ? pipeline(all, createGunzip(), () => {}) : all;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.bytesRead += bytes.length;
      yield bytes;
    }
  }
}

const LINE_BREAK = 0x0a;

/** `isWhole` is false for text after the last line break. */
async function* linesOf(
  chunks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, from)) {
      const last = bytes.subarray(from, end);
      yield { bytes: length === 0 ? last : Buffer.concat([...begun, last]), isWhole: true };
      begun = [];
      length = 0;
      from = end + 1;
    }
    if (from === bytes.length) continue;
    begun.push(bytes.subarray(from));
    length += bytes.length - from;
    if (length > MAX_LINE_BYTES) {
      throw new Error(`a line is longer than ${MAX_LINE_BYTES.toLocaleString('en')} bytes`);
    }
  }
  if (length > 0) yield { bytes: Buffer.concat(begun), isWhole: false };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
