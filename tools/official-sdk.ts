// The official SDK, unchanged: the version that npm has, and what the later ones send.
import type { CoreRuntime } from '@prefactor/core';
import { createCore } from '@prefactor/core';

/** An object of JSON. */
type Fields = Readonly<Record<string, unknown>>;

export const SDK_URL = 'https://emulator.test';
export const SDK_TOKEN = 'test-token';

/** What a test does with either version. */
export interface SdkUnderTest {
  /** Registers a run, and starts it. */
  startRun(): void;
  /** A span that has ended. */
  span(name: string): void;
  /** Begins a span, and returns what ends it. */
  openSpan(name: string): () => void;
  finishRun(): void;
  /** Waits for all of that. */
  shutdown(): Promise<void>;
}

interface SdkOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly apiUrl?: string;
  readonly requestTimeout?: number;
}

/** `@prefactor/core` 0.2.9: no keys, no SDK header. It takes the global `fetch` when it is made. */
export function publishedSdk(options: SdkOptions): SdkUnderTest & { readonly core: CoreRuntime } {
  const { fetch } = globalThis;
  globalThis.fetch = options.fetch;
  const core = createCore({
    transportType: 'http',
    sampleRate: 1,
    captureInputs: true,
    captureOutputs: true,
    maxInputLength: 10_000,
    maxOutputLength: 10_000,
    httpConfig: {
      apiUrl: options.apiUrl ?? SDK_URL,
      apiToken: SDK_TOKEN,
      agentIdentifier: 'v1',
      agentSchema: { external_identifier: 'schema-1', span_schemas: { llm: { type: 'object' } } },
      requestTimeout: options.requestTimeout,
    },
  });
  globalThis.fetch = fetch;
  const open = (name: string, spanType: string) => {
    const span = core.tracer.startSpan({ name, spanType, inputs: { name } });
    return () => core.tracer.endSpan(span, { outputs: { said: name } });
  };
  return {
    core,
    startRun: () => core.agentManager.startInstance(),
    span: (name) => open(name, 'llm')(),
    openSpan: (name) => open(name, 'agent'),
    finishRun: () => core.agentManager.finishInstance(),
    shutdown: () => core.shutdown(),
  };
}

interface SpanState {
  readonly name: string;
  readonly startedAt: string;
  finishedAt: string | null;
  id: string | undefined;
}

/**
 * How `@prefactor/core` sends from 0.4 on, which npm does not have: a key in each body, its header, a ping first; one
 * worker; four attempts; and a refusal, but for a 409, is the end of all its work.
 */
export class LaterSdk implements SdkUnderTest {
  fatal: { readonly status: number | undefined } | undefined;
  terminated: string | undefined;
  readonly #options: SdkOptions;
  readonly #queue: (() => Promise<void>)[] = [];
  #worker: Promise<void> | undefined;
  #keys = 0;
  #run: string | undefined;

  constructor(options: SdkOptions) {
    this.#options = options;
    this.#enqueue(async () => void (await this.#request('GET', 'ping')));
  }

  get run(): string | undefined {
    return this.#run;
  }

  startRun(): void {
    this.#enqueue(async () => {
      const { details } = await this.#post('agent_instance/register', {
        agent_version: {
          external_identifier: 'v2',
          name: 'Agent',
          description: '',
          runtime_environment: {
            agent_sdk: ['langchain@1.5.14'],
            os: 'linux',
            prefactor_sdk: ['@prefactor/core@1.1.0'],
            runtime: 'node@24',
          },
        },
        agent_schema_version: { external_identifier: 'schema-2', span_type_schemas: [] },
      });
      this.#run = String(details?.['id']);
      await this.#post(`agent_instance/${this.#run}/start`, {});
    });
  }

  span(name: string): void {
    this.openSpan(name, true)();
  }

  openSpan(name: string, isSentAtEnd = false): () => void {
    const state: SpanState = { name, startedAt: now(), finishedAt: null, id: undefined };
    if (!isSentAtEnd) this.#enqueue(() => this.#create(state));
    return () => {
      state.finishedAt = now();
      this.#enqueue(() => (isSentAtEnd ? this.#create(state) : this.#finishSpan(state)));
    };
  }

  recordQuality(name: string, payload: object): void {
    this.#enqueue(async () => {
      await this.#post(`agent_instance/${this.#run}/record_quality`, { name, payload });
    });
  }

  /** What it asks each 30 seconds. */
  async poll(): Promise<Fields | undefined> {
    return (await this.#request('GET', `agent_instance/${this.#run}`)).details;
  }

  finishRun(): void {
    this.#enqueue(async () => {
      await this.#post(`agent_instance/${this.#run}/finish`, { status: 'complete' });
    });
  }

  async shutdown(): Promise<void> {
    await this.#worker;
  }

  /** A span goes out as it is when its turn has come. */
  async #create(state: SpanState): Promise<void> {
    const { name, startedAt, finishedAt } = state;
    const hasEnded = finishedAt !== null;
    const { details } = await this.#post('agent_spans', {
      details: {
        agent_instance_id: this.#run,
        schema_name: 'llm',
        status: hasEnded ? 'complete' : 'active',
        payload: { name },
        ...(hasEnded && { result_payload: { said: name } }),
        parent_span_id: null,
        started_at: startedAt,
        finished_at: finishedAt,
      },
    });
    state.id = String(details?.['id']);
  }

  async #finishSpan({ id, name, finishedAt }: SpanState): Promise<void> {
    await this.#post(`agent_spans/${id}/finish`, {
      timestamp: finishedAt,
      status: 'complete',
      result_payload: { said: name },
    });
  }

  #enqueue(action: () => Promise<void>): void {
    this.#queue.push(action);
    this.#worker ??= this.#work();
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    for (let action = this.#queue.shift(); action !== undefined; action = this.#queue.shift()) {
      if (this.fatal === undefined) await action().catch(() => {});
    }
    this.#worker = undefined;
  }

  #post(path: string, body: object): Promise<SdkAnswer> {
    const key = `3d594650-3436-11e5-bb53-${String(++this.#keys).padStart(12, '0')}`;
    return this.#request('POST', path, JSON.stringify({ ...body, idempotency_key: key }));
  }

  async #request(method: string, path: string, body?: string): Promise<SdkAnswer> {
    for (let attempt = 0; ; attempt++) {
      let status: number | undefined;
      try {
        const { fetch, apiUrl = SDK_URL, requestTimeout = 30_000 } = this.#options;
        const response = await fetch(`${apiUrl}/api/v1/${path}`, {
          method,
          headers: new Headers({
            authorization: `Bearer ${SDK_TOKEN}`,
            'x-prefactor-sdk': '@prefactor/core@0.4.3',
            ...(body !== undefined && { 'content-type': 'application/json' }),
          }),
          ...(body !== undefined && { body }),
          signal: AbortSignal.timeout(requestTimeout),
        });
        const answer = JSON.parse(await response.text()) as SdkAnswer;
        if (answer.control?.terminate) this.terminated = answer.control.reason ?? '';
        if (response.ok || response.status === 409) return answer;
        status = response.status;
      } catch (error) {
        const { name } = error as Error;
        if (!['TypeError', 'AbortError', 'TimeoutError'].includes(name)) throw error;
      }
      const mayRepeat = status === undefined || status === 429 || status >= 500;
      if (!mayRepeat || attempt === 3) {
        this.fatal = { status };
        throw new Error('The transport has failed.');
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000 * 2 ** attempt));
    }
  }
}

interface SdkAnswer {
  readonly details?: Fields;
  readonly control?: { readonly terminate: boolean; readonly reason: string | null };
}

function now(): string {
  return new Date().toISOString();
}
