import { onTestFinished } from 'vitest';
import type { BatchingFetch, BatchingFetchOptions } from '../../src/fetch/index.ts';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import type { AutobatchOptions } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import type { EmulatorOptions, EmulatorSnapshot } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { SDK_TOKEN, SDK_URL } from '../../tools/official-sdk.ts';
import type { FakeTime } from './fake-time.ts';
import { fakeTime } from './fake-time.ts';
import { recordingLogger } from './recording-logger.ts';

export type Mode = 'plain' | 'on-result' | 'on-accept';

export interface FetchHarness {
  readonly emulator: Emulator;
  readonly client: AutobatchClient;
  readonly batching: BatchingFetch;
  readonly time: FakeTime;
  /** What an SDK gets as `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Events of the client. */
  readonly failures: unknown[];
  readonly log: ReturnType<typeof recordingLogger>;
  /** POSTs a body to a single endpoint as an SDK would. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** Registers a run, starts it, and gives its id. */
  startedRun(): Promise<string>;
}

/** A client, a fetch that batches by it, and a server, in virtual time. */
export function fetchHarness(
  mode: Mode,
  settings: {
    readonly client?: AutobatchOptions;
    readonly emulator?: EmulatorOptions;
    readonly fetch?: BatchingFetchOptions;
  } = {},
): FetchHarness {
  const time = fakeTime();
  const emulator = new Emulator({ latencyMs: 20, ...settings.emulator });
  const log = recordingLogger();
  const client = new AutobatchClient({
    apiUrl: SDK_URL,
    apiToken: SDK_TOKEN,
    fetch: emulator.fetch,
    logger: log,
    ...settings.client,
  });
  const failures: unknown[] = [];
  client.on('failure', ({ error }) => failures.push(error));
  const answer = mode === 'plain' ? 'on-result' : mode;
  const batching = createBatchingFetch(client, {
    fetch: emulator.fetch,
    answer,
    ...settings.fetch,
  });
  onTestFinished(async () => {
    batching.uninstall();
    await time.until(client.close());
    await time.drain();
    time.end();
  });
  const fetch = mode === 'plain' ? emulator.fetch : batching;
  const t: FetchHarness = {
    emulator,
    client,
    batching,
    time,
    fetch,
    failures,
    log,
    post: (path, body, init) => fetch(`${SDK_URL}/api/v1/${path}`, singleRequest(body, init)),
    async startedRun() {
      const response = await time.until(t.post('agent_instance/register', {}));
      const { details } = (await response.json()) as { details: { id: string } };
      await time.until(t.post(`agent_instance/${details.id}/start`, {}));
      return details.id;
    },
  };
  return t;
}

export function singleRequest(body: unknown, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    headers: {
      authorization: `Bearer ${SDK_TOKEN}`,
      'content-type': 'application/json',
      'x-prefactor-sdk': 'test@1.0.0',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  };
}

/** The body of a create. */
export function spanOf(run: string, fields: object = {}): object {
  const details = { agent_instance_id: run, schema_name: 'llm', status: 'active', payload: {} };
  return { details: { ...details, ...fields } };
}

const pfids = /\b[0-7][0-9a-hjkmnp-tv-z]{31}\b/g;

/** A value whose ids are numbered as they come: which are equal still shows. */
export function normalised(value: unknown): unknown {
  const names = new Map<string, string>();
  const nameOf = (id: string): string => {
    const name = names.get(id) ?? `id ${names.size + 1}`;
    names.set(id, name);
    return name;
  };
  return JSON.parse(JSON.stringify(value).replaceAll(pfids, nameOf));
}

/** A state without ids and times, spans in the order of what they say. */
export function stateOf({ instances }: EmulatorSnapshot): unknown {
  const times = /"\d{4}-\d\d-\d\dT[^"]*"/g;
  const clean = (value: object): string =>
    JSON.stringify(value).replaceAll(pfids, 'an id').replaceAll(times, '"a time"');
  return Object.values(instances).map(({ spans, ...run }) => ({
    run: clean(run),
    spans: Object.values(spans).map(clean).sort(),
  }));
}

/** The spans of all runs, in the order of their names. */
export function spanNames(emulator: Emulator): string[] {
  return Object.values(emulator.snapshot().instances)
    .flatMap(({ spans }) => Object.values(spans))
    .map(({ payload }) => {
      const { name, inputs } = payload as { name?: string; inputs?: { name: string } };
      return String(name ?? inputs?.name);
    })
    .sort();
}
