// Runs other programs for the scripts beside it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

export interface Result {
  readonly code: number;
  /** Standard output and standard error, in the order of arrival. */
  readonly text: string;
  /** Standard output alone. */
  readonly stdout: string;
}

interface Where {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program and keeps what it says. Not synchronous, so that a server here can answer it. */
export function capture(
  command: string,
  args: readonly string[],
  where: Where = {},
): Promise<Result> {
  const { cwd = root, env = process.env, timeoutMs = 120_000 } = where;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let stdout = '';
    const timer = setTimeout(() => {
      text += `\nkilled: still running after ${timeoutMs} ms\n`;
      child.kill('SIGKILL');
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    child.stdout.on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, text, stdout });
    });
  });
}

/** Runs a program that is quiet when all is well: only its failure is shown, and ends this process. */
export async function run(command: string, args: readonly string[], where?: Where): Promise<void> {
  const { code, text } = await capture(command, args, where);
  if (code === 0) return;
  console.error(`$ ${[command, ...args].join(' ')}\n${text.trimEnd()}`);
  process.exit(code);
}
