import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Processes that share the work. */
export const WORKERS: number = Math.max(2, Math.min(8, availableParallelism()));

/** Sends one message to a script in a process of its own, and returns its one answer. */
export function askInProcess<Answer>(script: string, message: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // What this process was started with is not for the other one.
    const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
    const child = fork(script, { execArgv: ['--no-warnings'], env });
    child.once('message', (answer) => {
      resolve(answer as Answer);
      // It waits for that, so that no message is lost.
      child.disconnect();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${script} ended with exit code ${code}.`));
    });
    child.send(message);
  });
}
