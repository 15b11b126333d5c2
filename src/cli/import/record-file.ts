/** A file of which records are read twice: first all of them, then each by its place. */
import { isUtf8 } from 'node:buffer';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionFile } from '../../recordings/actions/action-file.ts';
import { ActionFileError, messageOf } from '../../recordings/actions/action-file.ts';
import { parseWithDigits } from '../../recordings/actions/json.ts';
import type { JsonRecord, RecordKinds, RecordProblem } from './json-records.ts';
import { RecordScanner } from './json-records.ts';
import type { RecordPlace } from './span-index.ts';

/** The longest record: more than the API takes in a body. */
const MAX_RECORD_BYTES = 64_000_000;

export class RecordFile {
  /** Read of records by their places. */
  bytesReadAgain = 0;
  isClosed = false;
  readonly #file: ActionFile;
  /** Of the file itself, or of a copy where that cannot be read again: it is a stream, or compressed. */
  #descriptor: number | undefined;
  #copied = 0;

  constructor(file: ActionFile) {
    this.#file = file;
  }

  /** All records, once. A record that is longer, or no JSON, is a problem. */
  async *records(kinds: RecordKinds): AsyncGenerator<JsonRecord | RecordProblem> {
    const scanner = new RecordScanner({ kinds, top: 'top', maxBytes: MAX_RECORD_BYTES });
    const copy = this.#file.origin.size === undefined ? openCopy() : undefined;
    this.#descriptor = copy;
    for await (const bytes of this.#file.bytes()) {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#descriptor ??= this.#file.isCompressed
        ? openCopy()
        : openSync(this.#file.origin.path, 'r');
      if (copy !== undefined || this.#file.isCompressed) this.#keep(chunk);
      yield* scanner.scan(chunk);
    }
    const problem = scanner.end();
    if (problem !== undefined) yield problem;
  }

  /** A record, parsed. @throws {Error} it is no JSON, or no text in UTF-8. */
  read({ pieces }: Pick<RecordPlace, 'pieces'>): unknown {
    const parts: Buffer[] = [];
    for (let at = 0; at < pieces.length; at += 2) {
      if (at > 0) parts.push(Buffer.from('null'));
      parts.push(this.#bytesAt(pieces[at] ?? 0, pieces[at + 1] ?? 0));
    }
    return parseRecord(Buffer.concat(parts));
  }

  close(): void {
    this.isClosed = true;
    this.#file.close();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #bytesAt(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length && this.#descriptor !== undefined) {
      const more = readSync(this.#descriptor, bytes, read, length - read, offset + read);
      if (more === 0) break;
      read += more;
    }
    if (read < length) throw new Error('The file has become shorter.');
    this.bytesReadAgain += length;
    return bytes;
  }

  #keep(chunk: Buffer): void {
    try {
      for (let from = 0; from < chunk.length; ) {
        from += writeSync(
          this.#descriptor ?? -1,
          chunk,
          from,
          chunk.length - from,
          this.#copied + from,
        );
      }
      this.#copied += chunk.length;
    } catch (error) {
      throw new ActionFileError(
        `The file has to be read twice, and its copy in ${tmpdir()} cannot be written: ${messageOf(error)}. Unpack it, or name a file instead of a stream.`,
      );
    }
  }
}

/** @throws {Error} it is no JSON, or no text in UTF-8. */
export function parseRecord(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Error('This is no text in UTF-8.');
  return parseWithDigits(bytes.toString());
}

/** An empty file that nobody else can read. It has no name any more, so it is gone with its last reader. */
function openCopy(): number {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'prefactor-autobatch-'));
    const descriptor = openSync(join(folder, 'copy'), 'wx+', 0o600);
    rmSync(folder, { recursive: true, force: true });
    return descriptor;
  } catch (error) {
    throw new ActionFileError(
      `A file that is compressed, or a stream, is copied to ${tmpdir()} to be read twice, which fails: ${messageOf(error)}.`,
    );
  }
}
