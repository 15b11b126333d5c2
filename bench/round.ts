/** Runs one job in a fresh process. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command, Job, Measured, Message } from './job.ts';

const FILE = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Room for a million calls. */
const OPTIONS = ['--max-old-space-size=6000', '--expose-gc'];
const LIMIT_MS = 150_000;
const SAID_KEPT = 1_000;

/** `tell` is asked to pass a command on to the server. */
export function runRound(
  job: Job,
  url: string,
  tell: (command: Command) => Promise<unknown>,
): Promise<Measured> {
  const child = fork(FILE, [JSON.stringify(job), url], {
    execArgv: OPTIONS,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  // Warnings are part of what a contender does, but not of what is shown, unless it breaks down.
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_KEPT);
  });
  let end: Exclude<Message, { kind: 'tell' }> | undefined;
  return new Promise<Measured>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.once('error', reject);
    child.on('message', (message: Message) => {
      if (message.kind === 'tell') {
        tell(message.command).then(() => child.send('told'), reject);
        return;
      }
      end = message;
      // It ends now, whatever the contender left open.
      child.disconnect();
    });
    // Not before it is gone: the next round needs the machine for itself.
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (end?.kind === 'measured') resolve(end.measured);
      else if (end?.kind === 'failed') reject(new Error(end.message));
      else reject(new Error(`ended with ${signal ?? `code ${code}`} and no figures. ${said}`));
    });
  });
}
