import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import type { KnownIds } from '../../replay/calls/recorded-calls.ts';
import { CommandFailure } from '../command/failure.ts';

/** Lines that can be sent again, as an action file of its own. */
export class FailedLines {
  readonly path: string;
  readonly #stream: WriteStream;
  #count = 0;
  #problem: Error | undefined;

  private constructor({ path, stream }: { readonly path: string; readonly stream: WriteStream }) {
    this.path = path;
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#problem ??= error;
    });
  }

  /** @throws {CommandFailure} when nothing can be written there, or something stands there. */
  static async at(path: string): Promise<FailedLines> {
    // What stands there may be the lines of an earlier time, or the file that is about to be read.
    const stream = createWriteStream(path, { flags: 'wx' });
    try {
      await once(stream, 'open');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      throw new CommandFailure(
        code === 'EEXIST'
          ? `"${path}" exists already; name another file for --failed.`
          : `"${path}" cannot be written: ${error instanceof Error ? error.message : error}.`,
      );
    }
    return new FailedLines({ path, stream });
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Adds a line. `known` are ids that the API has given to what it names, so that it can be sent without the lines
   * that made that; and the key under which it may have been done.
   */
  add(line: string, known: KnownIds = {}): void {
    this.#count++;
    const fields = JSON.stringify(known).slice(1, -1);
    // What the line says itself stands later, and holds.
    const text = fields === '' || !line.startsWith('{') ? line : `{${fields},${line.slice(1)}`;
    this.#stream.write(`${text}\n`);
  }

  /** Gives why they are not all there, where they are not. */
  async end(): Promise<string | undefined> {
    await new Promise<void>((resolve) => {
      this.#stream.end(() => resolve());
      this.#stream.once('close', () => resolve());
    });
    const problem = this.#problem;
    return problem && `${this.path} could not be written: ${problem.message}.`;
  }
}
