/** Runs other programs. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

export interface Result {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly text: string;
  readonly stdout: string;
}

interface Where {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program and gives its output. Asynchronous, so that a server of this process can answer it. */
export function capture(
  command: string,
  args: readonly string[],
  { cwd = root, env = process.env, timeoutMs = 300_000 }: Where = {},
): Promise<Result> {
  const settings = {
    cwd,
    env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 30,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      const { code = 0, killed } = error ?? {};
      if (typeof code === 'string') return reject(error); // there is no such program
      const late = killed ? `\nkilled: still running after ${timeoutMs} ms\n` : '';
      resolve({ code: code ?? 1, text: stdout + stderr + late, stdout });
    });
    child.stdin?.end();
  });
}

/** Runs a program that has to succeed, and gives its standard output; throws where it fails. */
export async function must(
  command: string,
  args: readonly string[],
  where?: Where,
): Promise<string> {
  const { code, text, stdout } = await capture(command, args, where);
  if (code !== 0)
    throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${text.trimEnd()}`);
  return stdout;
}
