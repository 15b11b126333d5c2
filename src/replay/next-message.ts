import type { ChildProcess } from 'node:child_process';

/** What a child process says next. Rejects where it ends before; `name` is what it is. */
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
