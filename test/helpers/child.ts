import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** Resolves once the process has said that word on its standard output. */
  says(word: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Starts a script of `test/process/scripts` in a Node process of its own. */
export function startScript(
  name: string,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Child {
  const path = fileURLToPath(new URL(`../process/scripts/${name}`, import.meta.url));
  const child = spawn(process.execPath, [...nodeArgs, path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the test runner's settings, nor of the user's.
    env: { PATH: process.env['PATH'], ...env },
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return watch(child);
}

/** The same, to its end. */
export function runScript(...started: Parameters<typeof startScript>): Promise<Ended> {
  return startScript(...started).ended;
}

function watch(child: ChildProcess): Child {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
      tell();
    });
  });
  return {
    ended,
    kill: (signal) => child.kill(signal),
    says: (word) =>
      new Promise((resolve, reject) => {
        const listener = (): void => {
          if (stdout.includes(word)) resolve();
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`The script ended without saying "${word}".\n${stderr}`));
          }
        };
        listeners.add(listener);
        listener();
      }),
  };
}
