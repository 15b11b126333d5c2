/**
 * The emulator in a process of its own, as a server is: its work is not counted as the client's. It
 * ends with the process that started it.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions, EmulatorReport } from '../../testing/index.ts';
import { Emulator } from '../../testing/index.ts';
import { digestOf } from '../demo/digest.ts';
import { nextMessage } from './next-message.ts';

/** What the server saw. */
export interface Seen {
  readonly requests: number;
  readonly bytes: number;
  /** What a right client never does, as sentences. */
  readonly breaches: readonly string[];
  /** Keys that took effect more than once. */
  readonly doubled: number;
  readonly digest: string;
}

export interface EmulatorProcess {
  readonly url: string;
  /** `names` are those of the file, by id. */
  report(names: Readonly<Record<string, string>>): Promise<Seen>;
  close(): void;
}

/** Starts an emulator on a free port of 127.0.0.1. */
export async function startEmulator(
  options: Pick<EmulatorOptions, 'token' | 'latencyMs'>,
): Promise<EmulatorProcess> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
  const next = <T>(): Promise<T> => nextMessage<T>(child, 'The emulator');
  const url = await next<string>();
  return {
    url,
    report(names) {
      const seen = next<Seen>();
      child.send(names);
      return seen;
    },
    close: () => child.disconnect(),
  };
}

async function serve(options: EmulatorOptions): Promise<void> {
  const emulator = new Emulator(options);
  const server = await emulator.listen();
  process.once('disconnect', () => void server.close());
  process.once('message', (names: Readonly<Record<string, string>>) => {
    process.send?.(seenBy(emulator, emulator.report(), names));
  });
  process.send?.(server.url);
}

function seenBy(
  emulator: Emulator,
  { requests, bytes, breaches, effects }: EmulatorReport,
  names: Readonly<Record<string, string>>,
): Seen {
  const doubled = [...effects.values()].filter((times) => times > 1).length;
  const digest = digestOf(emulator.snapshot(), names);
  return { requests: requests.all, bytes, breaches, doubled, digest };
}

const [, file, options] = process.argv;
if (file === fileURLToPath(import.meta.url)) await serve(JSON.parse(options ?? '{}'));
