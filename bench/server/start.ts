import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nextMessage } from '../../src/recordings/emulator-process.ts';
import type { Command } from '../job.ts';
import type { Seen, ServerOptions } from './process.ts';

export interface Server {
  readonly url: string;
  /** One command at a time. */
  tell(command: Command): Promise<Seen>;
  close(): void;
}

const FILE = fileURLToPath(new URL('process.ts', import.meta.url));

/** Starts a server on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = fork(FILE, [JSON.stringify(options)]);
  const next = <T>(): Promise<T> => nextMessage<T>(child, 'The server');
  const url = await next<string>();
  return {
    url,
    tell(command) {
      const seen = next<Seen>();
      child.send(command);
      return seen;
    },
    close: () => child.disconnect(),
  };
}
