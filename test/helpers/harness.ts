import { expect, onTestFinished } from 'vitest';
import type {
  Action,
  ActionPromise,
  AgentSpan,
  AgentSpanCreateParams,
  AutobatchOptions,
  Ledger,
} from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import type { EmulatorOptions, ItemRefusal } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { fakeTime } from './fake-time.ts';
import { recordingLogger } from './recording-logger.ts';
import { INSTANCE, keyOf, nameOf, span } from './spans.ts';

export const TOKEN = 'test-token';
/** A round trip of the emulator, in milliseconds, unless a test says otherwise. */
export const ROUND_TRIP_MS = 20;

/** A request as it left the client. */
interface Sent {
  readonly request: Request;
  /** When, in Unix milliseconds. */
  readonly at: number;
  readonly path: string;
  readonly body: string;
  /** The items of a bulk request, as text. */
  readonly items: readonly string[];
}

export interface Harness {
  readonly client: AutobatchClient;
  readonly emulator: Emulator;
  readonly log: ReturnType<typeof recordingLogger>;
  /** All requests, in the order in which they left. */
  readonly sent: readonly Sent[];
  /** Timers that are set. */
  readonly timers: number;
  /** Makes one more client of the same server. */
  newClient(options?: AutobatchOptions): AutobatchClient;
  /** Creates a span that is known by a short name: its key is `keyOf(name)`. */
  span(name: string, fields?: Partial<AgentSpanCreateParams>): ActionPromise<AgentSpan>;
  spans<const Names extends readonly string[]>(
    ...names: Names
  ): { -readonly [Place in keyof Names]: ActionPromise<AgentSpan> };
  /** Has the server refuse the item of that short name. */
  refuse(name: string, refusal?: ItemRefusal): void;
  /** The short names in each bulk request that arrived. */
  batches(): string[][];
  /** The actions of all bulk requests that left, as the wire has them. */
  actions(): Action[];
  /** Lets everything happen that is due at this moment: a request leaves, and none is answered. */
  settle(): Promise<void>;
  /** Lets milliseconds pass. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until nothing is left to happen. */
  settled(): Promise<void>;
  /** The server found fault with what was sent, and that is what the test is about. */
  allowBreaches(): void;
  /** What holds at the end of every test; then the real clock is back. Runs by itself. */
  end(): Promise<void>;
}

/** A client and a server that knows the run `INSTANCE`, both in virtual time. */
export async function harness(
  options: AutobatchOptions = {},
  emulatorOptions: EmulatorOptions = {},
): Promise<Harness> {
  const time = fakeTime();
  let hasBegun = false;
  const { latencyMs = ROUND_TRIP_MS } = emulatorOptions;
  const emulator = new Emulator({
    strict: true,
    ...emulatorOptions,
    // What comes before the test takes no time.
    latencyMs: () => (!hasBegun ? 0 : typeof latencyMs === 'number' ? latencyMs : latencyMs()),
  });
  const log = recordingLogger();
  const sent: Sent[] = [];
  const clients: AutobatchClient[] = [];
  let mayBreach = false;
  let hasEnded = false;

  const newClient = (more: AutobatchOptions = {}): AutobatchClient => {
    const client = new AutobatchClient({
      apiUrl: 'https://emulator.test',
      apiToken: TOKEN,
      logger: log,
      fetch: async (request, init) => {
        sent.push(await toSent(request));
        return emulator.fetch(request, init);
      },
      ...more,
    });
    clients.push(client);
    return client;
  };

  const t: Harness = {
    client: newClient(options),
    emulator,
    log,
    sent,
    get timers() {
      return time.timers;
    },
    newClient,
    span: (name, fields) => t.client.agentSpans.create(span(name, fields)),
    spans: (...names) => names.map((name) => t.span(name)) as never,
    refuse: (name, refusal) => emulator.faults.refuse(keyOf(name), refusal),
    batches: () => emulator.report().batches.map(({ keys }) => keys.map(nameOf)),
    actions: () => sent.flatMap(({ items }) => items.map((item) => JSON.parse(item) as Action)),
    settle: time.settle,
    pass: time.pass,
    settled: time.drain,
    allowBreaches() {
      mayBreach = true;
    },
    async end() {
      if (hasEnded) return;
      hasEnded = true;
      try {
        await time.settle();
        expect(time.timers, 'timers that are still set').toBe(0);
        for (const client of clients) expectNothingLeft(client);
        expectRightServer(emulator, mayBreach);
      } finally {
        time.end();
      }
    },
  };
  onTestFinished(() => t.end());
  await startInstance(emulator);
  hasBegun = true;
  return t;
}

/** accepted = succeeded + refused + notAttempted + inDoubt + cancelled + pending. */
export function expectBalanced(ledger: Ledger): void {
  const { accepted, succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  expect(succeeded + refused + notAttempted + inDoubt + cancelled + pending).toBe(accepted);
}

function expectNothingLeft(client: AutobatchClient): void {
  const { ledger, queued, blocked, inFlight, queuedBytes } = client.stats();
  expectBalanced(ledger);
  const left = { pending: ledger.pending, queued, blocked, inFlight, queuedBytes };
  expect(left).toEqual({ pending: 0, queued: 0, blocked: 0, inFlight: 0, queuedBytes: 0 });
}

function expectRightServer(emulator: Emulator, mayBreach: boolean): void {
  const { breaches, effects, overlaps, openBodies } = emulator.report();
  if (!mayBreach) expect(breaches).toEqual([]);
  expect([...effects].filter(([, times]) => times > 1)).toEqual([]);
  expect(overlaps).toEqual([]);
  expect(openBodies).toBe(0);
}

async function toSent(request: Request): Promise<Sent> {
  const body = await request.clone().text();
  const { pathname } = new URL(request.url);
  const items = pathname.endsWith('/bulk')
    ? (JSON.parse(body) as { items: unknown[] }).items.map((item) => JSON.stringify(item))
    : [];
  return { request, at: Date.now(), path: pathname, body, items };
}

/** As another process would have done it: by the single endpoints. */
async function startInstance(emulator: Emulator): Promise<void> {
  for (const [path, body] of [
    ['register', { id: INSTANCE, idempotency_key: 'register-the-run' }],
    [`${INSTANCE}/start`, { idempotency_key: 'start-the-run-0' }],
  ] as const) {
    await emulator.fetch(`https://emulator.test/api/v1/agent_instance/${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'x-prefactor-sdk': 'test@1.0.0',
      },
      body: JSON.stringify(body),
    });
  }
}
