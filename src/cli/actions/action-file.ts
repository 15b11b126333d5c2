/** Action files as bytes: a file or a stream, plain or gzip, read line by line. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandFailure } from '../failure.ts';
import type { RecordedAction } from './recorded-action.ts';
import { readLine } from './recorded-action.ts';

/** A line of the file, from 1, and what it says. Blank lines are left out, but counted. */
type NumberedLine = { readonly number: number } & ReturnType<typeof readLine>;

export interface ActionFile {
  /** Bytes in all, packed where the file is; undefined for a stream. */
  readonly size: number | undefined;
  /** Bytes read so far. */
  readonly bytesRead: number;
  /** Once. Ends with a `CommandFailure` where the file cannot be read to its end. */
  lines(): AsyncGenerator<NumberedLine>;
  /** Lets go of it; a reading that is under way fails. */
  close(): void;
}

/** The longest line: more than the API takes in a body, and a bound for what is no text at all. */
const MAX_LINE_CHARACTERS = 64_000_000;

/**
 * Opens an action file, `-` being the standard input. Whether it is packed its first bytes tell.
 *
 * @throws {CommandFailure} when there is no such file, or it may not be read.
 */
export async function openActionFile(path: string, stdin: Readable): Promise<ActionFile> {
  if (path === '-') return new Lines('Standard input', stdin, undefined);
  try {
    const handle = await open(path);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw new CommandFailure(`"${path}" is a folder; name an action file in it.`);
    }
    return new Lines(path, handle.createReadStream(), stats.isFile() ? stats.size : undefined);
  } catch (error) {
    throw error instanceof CommandFailure ? error : new CommandFailure(whyNot(path, error));
  }
}

/** The actions of a file that is known to be right: ends with a `CommandFailure` at a bad line. */
export async function* readActions(path: string): AsyncGenerator<RecordedAction> {
  const file = await openActionFile(path, process.stdin);
  for await (const line of file.lines()) {
    if (line.kind === 'problem') {
      throw new CommandFailure(`${path}, line ${line.number}: ${line.problem}`);
    }
    yield line.action;
  }
}

class Lines implements ActionFile {
  readonly size: number | undefined;
  bytesRead = 0;
  readonly #name: string;
  readonly #source: Readable;

  constructor(name: string, source: Readable, size: number | undefined) {
    this.size = size;
    this.#name = name;
    this.#source = source;
  }

  async *lines(): AsyncGenerator<NumberedLine> {
    let number = 0;
    try {
      for await (const line of linesOf(await unpacked(this.#counted()))) {
        number++;
        if (line.trim() !== '') yield { number, ...readLine(line) };
      }
    } catch (error) {
      const after = number === 0 ? 'at its first line' : `after line ${number}`;
      throw new CommandFailure(`${this.#name} cannot be read ${after}: ${messageOf(error)}.`);
    }
  }

  close(): void {
    this.#source.destroy();
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.bytesRead += bytes.length;
      yield bytes;
    }
  }
}

/** What was packed, or the bytes as they are. */
async function unpacked(chunks: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  // A pipe may give its first bytes one by one.
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  const [one, two] = Buffer.concat(first);
  const all = chain(first, chunks);
  if (one !== 0x1f || two !== 0x8b) return all;
  // The callback only keeps an error from being nobody's: it reaches the reader of the output.
  return pipeline(all, createGunzip(), () => {});
}

async function* chain(
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield begun + line;
      begun = '';
    }
    begun += last;
    if (begun.length > MAX_LINE_CHARACTERS) {
      throw new Error(
        `a line is longer than ${MAX_LINE_CHARACTERS.toLocaleString('en')} characters`,
      );
    }
  }
  begun += decoder.decode();
  if (begun !== '') yield begun;
}

function whyNot(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `There is no file "${path}".`;
  if (code === 'EACCES') return `"${path}" may not be read: its permissions forbid it.`;
  return `"${path}" cannot be opened: ${messageOf(error)}.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
