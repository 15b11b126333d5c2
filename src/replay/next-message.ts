import type { ChildProcess } from 'node:child_process';

/** The next message of a child process. Rejects if it ends before; `name` is for the error. */
export function nextMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error(`${name} ended before it had answered.`));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as T);
    });
  });
}
