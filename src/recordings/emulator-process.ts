/**
 * The emulator in a process of its own, so that its work does not count as the client's. It ends with
 * the process that started it.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions, EmulatorReport } from '../testing/index.ts';
import { Emulator } from '../testing/index.ts';
import { digestOf } from './state-digest.ts';

/** What the server saw. */
export interface Seen {
  readonly requests: number;
  readonly bytes: number;
  /** Breaches of the contract, as sentences. */
  readonly breaches: readonly string[];
  /** Fields that the API does not know. */
  readonly unknownFields: readonly string[];
  /** Keys that took effect more than once. */
  readonly doubled: number;
}

/** The problems among what the server saw, as sentences. */
export function emulatorProblems({ breaches, unknownFields, doubled }: Seen): readonly string[] {
  return [
    ...breaches
      .slice(0, 3)
      .map((breach) => `The emulator saw a breach of the API's rules: ${breach}.`),
    ...unknownFields
      .slice(0, 3)
      .map((field) => `The API drops a field that it does not know (${field}).`),
    ...(doubled > 0 ? [`${doubled} actions took effect more than once.`] : []),
  ];
}

export interface EmulatorProcess {
  readonly url: string;
  seen(): Promise<Seen>;
  /** A digest of the state it is in; `names` are those of the file, by id. */
  digest(names: Readonly<Record<string, string>>): Promise<string>;
  /** Aborts where it ends before it is closed. */
  readonly lost: AbortSignal;
  close(): void;
}

/** What the process is asked for: the digest, by names for ids, or what it has seen. */
type EmulatorQuestion = Readonly<Record<string, string>> | 'seen';

/** Starts an emulator on a free port of 127.0.0.1. */
export async function startEmulator(
  options: Pick<EmulatorOptions, 'token' | 'latencyMs'>,
): Promise<EmulatorProcess> {
  // In a process group of its own: Ctrl-C ends all processes of a group, and the client still waits for
  // answers then. The child ends when its channel does.
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], { detached: true });
  const next = <T>(): Promise<T> => nextMessage<T>(child, 'The emulator');
  const ask = <T>(question: EmulatorQuestion): Promise<T> => {
    const answer = next<T>();
    child.send(question);
    return answer;
  };
  const url = await next<string>();
  const loss = new AbortController();
  const lose = (): void => loss.abort();
  child.once('exit', lose);
  // Sending to a child that has ended fails; the promise of the answer rejects by the exit itself.
  child.on('error', lose);
  return {
    url,
    seen: () => ask<Seen>('seen'),
    digest: (names) => ask<string>(names),
    lost: loss.signal,
    close() {
      child.off('exit', lose);
      if (child.connected) child.disconnect();
    },
  };
}

async function serveEmulator(options: EmulatorOptions): Promise<void> {
  // Without the lists of its report, which would grow with the file.
  const emulator = new Emulator({ ...options, record: false });
  const server = await emulator.listen();
  process.once('disconnect', () => void server.close());
  process.on('message', (question: EmulatorQuestion) => {
    process.send?.(
      question === 'seen' ? seenBy(emulator.report()) : digestOf(emulator.snapshot(), question),
    );
  });
  process.send?.(server.url);
}

function seenBy({ requests, bytes, breaches, unknownFields, effects }: EmulatorReport): Seen {
  let doubled = 0;
  for (const times of effects.values()) if (times > 1) doubled++;
  return { requests: requests.all, bytes, breaches, unknownFields, doubled };
}

const [, file, options] = process.argv;
if (file === fileURLToPath(import.meta.url)) await serveEmulator(JSON.parse(options ?? '{}'));

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
