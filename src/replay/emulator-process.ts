/**
 * The emulator in a process of its own, as a server is: its work is not counted as the client's. It
 * ends with the process that started it.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions, EmulatorReport } from '../testing/index.ts';
import { Emulator } from '../testing/index.ts';
import { digestOf } from './digest.ts';
import { nextMessage } from './next-message.ts';

/** What the server saw. */
export interface Seen {
  readonly requests: number;
  readonly bytes: number;
  /** What a right client never does, as sentences. */
  readonly breaches: readonly string[];
  /** Fields that the API does not know. */
  readonly unknownFields: readonly string[];
  /** Keys that took effect more than once. */
  readonly doubled: number;
}

/** What is wrong with what the server saw, as sentences. */
export function serverProblems({ breaches, unknownFields, doubled }: Seen): readonly string[] {
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

type Question =
  | { readonly kind: 'seen' }
  | { readonly kind: 'digest'; readonly names: Readonly<Record<string, string>> };

/** Starts an emulator on a free port of 127.0.0.1. */
export async function startEmulator(
  options: Pick<EmulatorOptions, 'token' | 'latencyMs'>,
): Promise<EmulatorProcess> {
  // In a group of its own: Ctrl-C, and a SIGTERM to a group, reach all processes in it, and the client
  // still has answers to wait for. It ends when its channel does.
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], { detached: true });
  const next = <T>(): Promise<T> => nextMessage<T>(child, 'The emulator');
  const ask = <T>(question: Question): Promise<T> => {
    const answer = next<T>();
    child.send(question);
    return answer;
  };
  const url = await next<string>();
  const loss = new AbortController();
  const lose = (): void => loss.abort();
  child.once('exit', lose);
  // Of a question that it does not hear any more; what waits for the answer hears of the end.
  child.on('error', lose);
  return {
    url,
    seen: () => ask<Seen>({ kind: 'seen' }),
    digest: (names) => ask<string>({ kind: 'digest', names }),
    lost: loss.signal,
    close() {
      child.off('exit', lose);
      if (child.connected) child.disconnect();
    },
  };
}

async function serve(options: EmulatorOptions): Promise<void> {
  // Without its lists, which would grow for as long as a file is.
  const emulator = new Emulator({ ...options, record: false });
  const server = await emulator.listen();
  process.once('disconnect', () => void server.close());
  process.on('message', (question: Question) => {
    process.send?.(
      question.kind === 'seen'
        ? seenBy(emulator.report())
        : digestOf(emulator.snapshot(), question.names),
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
if (file === fileURLToPath(import.meta.url)) await serve(JSON.parse(options ?? '{}'));
