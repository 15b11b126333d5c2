import { appendFileSync, closeSync, openSync } from 'node:fs';
import { messageOf } from '../../recordings/actions/action-file.ts';
import { CommandFailure } from '../command/failures-exit-codes.ts';

/** Lines that can be sent again, as an action file of its own: that of `--failed`. */
export class FailedLines {
  readonly path: string;
  count = 0;
  /** Why a line could not be written, as a sentence. */
  problems: readonly string[] = [];
  readonly #descriptor: number;

  /** @throws {CommandFailure} when nothing can be written there, or something stands there. */
  constructor(path: string) {
    this.path = path;
    try {
      // An existing file may hold lines of an earlier time, or be the one that is about to be read.
      this.#descriptor = openSync(path, 'wx');
    } catch (error) {
      const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      throw new CommandFailure(
        isThere
          ? `"${path}" exists already; name another file for --failed.`
          : `"${path}" cannot be written: ${messageOf(error)}.`,
      );
    }
  }

  /**
   * Adds a line with the ids that are known of what it names, so that it can be sent without the lines that made
   * that, and with its key if it may have been done.
   */
  add(line: string, known: Readonly<Record<string, string | undefined>> = {}): void {
    // What could not be read as a text is no line.
    if (line === '') return;
    this.count++;
    const fields = JSON.stringify(known).slice(1, -1);
    // The line's own fields come later in the object, so they win.
    const text = fields === '' || !line.startsWith('{') ? line : `{${fields},${line.slice(1)}`;
    try {
      appendFileSync(this.#descriptor, `${text}\n`);
    } catch (error) {
      this.problems = [`${this.path} could not be written: ${messageOf(error)}.`];
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
