import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { EmulatorOptions } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';

export const TOKEN = 'token-of-the-test';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSurroundings {
  /** What stands at the standard input, piece by piece. @default nothing */
  readonly stdin?: Iterable<string | Uint8Array> | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupted?: AbortSignal;
  /** Whether a person looks at it. */
  readonly isTTY?: boolean;
  /** Is told of each text that is written, to either stream. */
  readonly onText?: (text: string) => void;
}

/** Runs the command line in this process. */
export async function runCli(
  args: readonly string[],
  { stdin = [], env = {}, interrupted, isTTY = false, onText }: CliSurroundings = {},
): Promise<CliResult> {
  const stdout = collector(isTTY, onText);
  const stderr = collector(isTTY, onText);
  const code = await main(args, {
    stdin: stdin instanceof Readable ? stdin : Readable.from(stdin, { objectMode: false }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    interrupted: interrupted ?? new AbortController().signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

export interface Api {
  readonly emulator: Emulator;
  /** What a user has in the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** An emulator on a port of its own, and the environment that leads to it. */
export async function serveApi(options: EmulatorOptions = {}): Promise<Api> {
  const emulator = new Emulator({ token: TOKEN, strict: true, ...options });
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return { emulator, env: { PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: TOKEN } };
}

/** Writes a file that is gone after the test, and gives its path. */
export function fileWith(content: string | Uint8Array, name = 'runs.ndjson'): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A standard input that is written to while the command runs. */
export function openInput(): PassThrough {
  return new PassThrough();
}

function collector(isTTY: boolean, onText: ((text: string) => void) | undefined) {
  let text = '';
  const stream: Writable & { isTTY?: boolean } = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      onText?.(String(chunk));
      done();
    },
  });
  stream.isTTY = isTTY;
  return { stream, text: () => text };
}
