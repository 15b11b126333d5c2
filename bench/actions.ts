/** Action files: recorded agent runs, one action a line, sorted by time; see examples/README.md. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

type Json = Readonly<Record<string, unknown>>;

/** `instance`, `span` and `parent` are names within the file, not ids. */
export type RecordedAction = {
  /** Milliseconds since the start of the recording. */
  readonly t: number;
  readonly instance: string;
} & (
  | {
      readonly type: 'agent_instances/register';
      readonly payload: {
        readonly agent_version?: {
          readonly external_identifier?: string;
          readonly name?: string;
          readonly description?: string;
        };
      };
    }
  | { readonly type: 'agent_instances/start' }
  | {
      readonly type: 'agent_spans/create';
      readonly span: string;
      readonly parent?: string;
      readonly schema_name: string;
      readonly status: string;
      readonly payload: Json;
    }
  | {
      readonly type: 'agent_spans/finish';
      readonly span: string;
      readonly status: FinishStatus;
      readonly result_payload?: Json;
    }
  | { readonly type: 'agent_instances/finish'; readonly status: FinishStatus }
);

export type Actions = AsyncIterable<RecordedAction> | Iterable<RecordedAction>;

type FinishStatus = 'complete' | 'failed' | 'cancelled';

/** When recordings are said to begin: the same for all, so that two replays can be compared. */
const START = Date.UTC(2026, 8, 1, 8);

/** The time of an action, as ISO 8601. */
export function timeOf({ t }: RecordedAction): string {
  return new Date(START + Math.round(t)).toISOString();
}

/** Reads an action file; one that ends in `.gz` is unpacked on the way. */
export async function* readActions(path: string): AsyncGenerator<RecordedAction> {
  const file = createReadStream(path);
  const text: Readable = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  let number = 0;
  // An error of the file does not reach the unpacking by itself.
  file.once('error', (error) => text.destroy(error));
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line !== '') yield parse(line, `${path}:${number}`);
  }
}

function parse(line: string, place: string): RecordedAction {
  let action: unknown;
  try {
    action = JSON.parse(line);
  } catch (cause) {
    throw new Error(`${place}: not a line of JSON.`, { cause });
  }
  if (!isAction(action)) {
    throw new Error(`${place}: not an action; it needs a number t, a known type, and an instance.`);
  }
  return action;
}

const TYPES: ReadonlySet<unknown> = new Set<RecordedAction['type']>([
  'agent_instances/register',
  'agent_instances/start',
  'agent_spans/create',
  'agent_spans/finish',
  'agent_instances/finish',
]);

/** What is left unchecked here the client or the server refuses, and the summary shows it. */
function isAction(value: unknown): value is RecordedAction {
  if (typeof value !== 'object' || value === null) return false;
  const { t, type, instance } = value as Partial<RecordedAction>;
  return typeof t === 'number' && TYPES.has(type) && typeof instance === 'string';
}
