/**
 * Batched and unbatched cannot be told apart: the same calls, sent one by one to a second server,
 * end alike and leave the same state behind, whatever the settings and whatever the network does.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  ActionPromise,
  AgentInstance,
  AgentSpan,
  AutobatchClient,
  AutobatchOptions,
} from '../../src/index.ts';
import { PrefactorApiError, PrefactorError } from '../../src/index.ts';
import type { EmulatorOptions, FaultRates } from '../../src/testing/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

/** One call; numbers choose among what was made before. */
const call = fc.record({
  kind: fc.constantFrom(
    'register',
    'start',
    'finish run',
    'quality',
    'list',
    ...Array<'again'>(2).fill('again'),
    ...Array<'create'>(8).fill('create'),
    ...Array<'finish'>(5).fill('finish'),
  ),
  run: fc.nat(),
  parent: fc.option(fc.nat(), { freq: 3 }),
  status: fc.constantFrom('active', 'active', 'complete', 'failed'),
  /** An id of the caller's own, out of few, so that some are taken already. */
  id: fc.option(fc.nat(19), { freq: 2 }),
  isInvalid: fc.integer({ min: 0, max: 29 }).map((chance) => chance === 0),
  /** How long the agent does something else before it, in milliseconds. */
  pauseMs: fc.constantFrom(0, 0, 0, 0, 0, 0, 3, 25),
});

type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const story = fc.record({
  calls: fc.array(call, { minLength: 5, maxLength: 60 }),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  ids: fc.constantFrom('client', 'server'),
  maxItems: fc.constantFrom(1, 2, 3, 7, 100),
  concurrency: fc.constantFrom(1, 2, 16),
  window: fc.constantFrom('tick' as const, 5),
  /** That the server refuses a call for good: the same calls on both servers. */
  itemPermanent: fc.constantFrom(0, 0.05, 0.2),
  faults: fc.constantFrom<FaultRates>(
    {},
    { dropBefore: 0.2 },
    { dropAfter: 0.2 },
    { itemTransient: 0.1 },
    { truncate: 0.1, html: 0.05, dropMiddle: 0.1, status: 0.1, omit: 0.05, extra: 0.1, delay: 0.1 },
  ),
});

const patience = {
  retry: { limit: 1_000 },
  deliveryTimeoutMs: Number.POSITIVE_INFINITY,
} as const;

test('batched and unbatched cannot be told apart', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ calls, seed, itemPermanent, faults, ids, ...batch }) => {
      const batched = await play(
        calls,
        { ids, batch, ...patience },
        { seed, faults: { rates: { ...faults, itemPermanent }, statuses: [500, 502] } },
        (t, pauseMs) => (pauseMs === 0 ? Promise.resolve() : t.pass(pauseMs)),
      );
      const oneByOne = await play(
        calls,
        { ids, batch: { maxItems: 1, concurrency: 1 }, ...patience },
        { seed, faults: { rates: { itemPermanent } } },
        (t) => t.settled(),
      );
      const ends = losesAnswers(faults) ? withDoubts(batched.ends, oneByOne.ends) : batched.ends;
      expect(ends).toEqual(oneByOne.ends);
      expect(batched.state).toEqual(oneByOne.state);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 150) },
  );
}, 60_000);

/** A request that is cut off before the server has read it looks the same to the client. */
function losesAnswers({ dropBefore, dropAfter, dropMiddle, truncate }: FaultRates): boolean {
  return [dropBefore, dropAfter, dropMiddle, truncate].some((rate) => rate !== undefined);
}

/**
 * A create whose answer was lost, and that is refused when it comes again, may have been done before. Who
 * needs it is sent then, and hears from the API what one by one is known here: that it is not there.
 */
function withDoubts(ends: readonly unknown[], known: readonly unknown[]): readonly unknown[] {
  return ends.map((end, place) => {
    const wanted = known[place];
    return hasName(wanted, /Dependency/) && hasName(end, /Conflict|NotFound|Validation/)
      ? wanted
      : end;
  });
}

function hasName(end: unknown, pattern: RegExp): boolean {
  const { name } = Object(end) as { name?: unknown };
  return typeof name === 'string' && pattern.test(name);
}

/** What a history came to: how each call ended, and what the server has; with names for ids. */
interface Outcome {
  readonly ends: readonly unknown[];
  readonly state: unknown;
}

async function play(
  calls: readonly Call[],
  options: AutobatchOptions,
  emulatorOptions: EmulatorOptions,
  goOn: (t: Harness, pauseMs: number) => Promise<void>,
): Promise<Outcome> {
  const t = await harness(options, emulatorOptions);
  try {
    return await tell(t, calls, goOn);
  } finally {
    // The next history needs the clock, whatever became of this one.
    await t.end();
  }
}

async function tell(
  t: Harness,
  calls: readonly Call[],
  goOn: (t: Harness, pauseMs: number) => Promise<void>,
): Promise<Outcome> {
  const agent = new Agent(t.client);
  const settlements = new Map<string, number>();
  const made = new Map<string, string>();
  const results: Promise<unknown>[] = [];
  for (const [place, { pauseMs, ...rest }] of calls.entries()) {
    const label = `call-${place}`;
    const promise = agent.make(rest, label);
    results.push(
      promise.then(
        (value) => {
          settlements.set(label, (settlements.get(label) ?? 0) + 1);
          return value;
        },
        (error: unknown) => {
          settlements.set(label, (settlements.get(label) ?? 0) + 1);
          return kindOfError(error);
        },
      ),
    );
    await goOn(t, pauseMs);
  }
  const flushed = t.client.flush();
  await t.settled();
  const { accepted, succeeded, refused, inDoubt, declined, pending } = await flushed;
  // In doubt is what was sent along with a create that failed, in a request that had no answer.
  expect({ pending, sum: succeeded + refused + inDoubt }).toEqual({ pending: 0, sum: accepted });
  expect(accepted + declined).toBe(calls.length);
  const ends = await Promise.all(results);
  for (const [place, end] of ends.entries()) {
    const { id } = Object(end) as { id?: unknown };
    // What is started or finished was named when it was made.
    if (typeof id === 'string' && !made.has(id)) made.set(id, `call-${place}`);
  }
  expect([...settlements.values()]).toEqual(calls.map(() => 1));
  const named = (value: unknown): unknown => withNames(value, made);
  // Faults may have met what made the harness's own run, which these calls have nothing to do with.
  const { [INSTANCE]: _own, ...instances } = t.emulator.snapshot().instances;
  return { ends: ends.map(named), state: named(instances) };
}

/** Turns what the history says into calls of the public client. */
class Agent {
  readonly #client: AutobatchClient;
  readonly #runs: ActionPromise<AgentInstance>[] = [];
  readonly #spans: ActionPromise<AgentSpan>[] = [];
  /** The call before this one, if the caller gave its every byte, so that it can be made again. */
  #again: (() => ActionPromise<AgentSpan>) | undefined;

  constructor(client: AutobatchClient) {
    this.#client = client;
  }

  make(what: Omit<Call, 'pauseMs'>, label: string): Promise<unknown> {
    const { agentInstances, agentSpans } = this.#client;
    const idempotencyKey = keyOf(label);
    const timestamp = '2026-09-01T08:00:00.000Z';
    const run = pickFrom(this.#runs, what.run);
    const again = this.#again;
    this.#again = undefined;
    switch (what.kind) {
      case 'list':
        return this.#client.submit({ _type: 'agents/list', idempotency_key: idempotencyKey });
      case 'again':
        return again === undefined ? this.#register(what, label) : again();
      case 'start':
        if (run === undefined) return this.#register(what, label);
        return agentInstances.start(run, { timestamp, idempotencyKey });
      case 'finish run':
        if (run === undefined) return this.#register(what, label);
        return agentInstances.finish(run, { timestamp, idempotencyKey });
      case 'quality':
        if (run === undefined) return this.#register(what, label);
        return agentInstances.recordQuality(run, {
          name: what.isInvalid ? '' : 'tone',
          payload: { label },
          idempotencyKey,
        });
      case 'finish': {
        const span = pickFrom(this.#spans, what.parent ?? what.run);
        if (span === undefined) return this.#register(what, label);
        const resultPayload = { label };
        return agentSpans.finish(span, { resultPayload, timestamp, idempotencyKey });
      }
      case 'create':
        return run === undefined ? this.#register(what, label) : this.#create(what, label, run);
      case 'register':
        return this.#register(what, label);
      default:
        return what.kind satisfies never;
    }
  }

  #register({ id, isInvalid }: Omit<Call, 'pauseMs'>, label: string): Promise<unknown> {
    const run = this.#client.agentInstances.register({
      id: id === null || isInvalid ? undefined : idOf(id),
      purpose: isInvalid ? '' : 'eval',
      idempotencyKey: keyOf(label),
    });
    this.#runs.push(run);
    return run;
  }

  #create(
    { id, parent, status, isInvalid }: Omit<Call, 'pauseMs'>,
    label: string,
    run: ActionPromise<AgentInstance>,
  ): Promise<unknown> {
    const time = '2026-09-01T08:00:00.000Z';
    const parentSpanId = parent === null ? null : pickFrom(this.#spans, parent);
    const create = (): ActionPromise<AgentSpan> =>
      this.#client.agentSpans.create({
        agentInstanceId: run,
        parentSpanId,
        schemaName: isInvalid ? '' : 'agent:llm',
        status,
        payload: { label },
        id: id === null || isInvalid ? undefined : idOf(id),
        startedAt: time,
        finishedAt: status === 'active' ? undefined : time,
        idempotencyKey: keyOf(label),
      });
    const span = create();
    if (id !== null) this.#again = create;
    this.#spans.push(span);
    return span;
  }
}

function pickFrom<T>(all: readonly T[], number: number): T | undefined {
  return all[number % all.length];
}

function idOf(number: number): string {
  return `01k3zxw0000000a1b2c30000000000${10 + number}`;
}

function kindOfError(error: unknown): unknown {
  if (!(error instanceof PrefactorError)) return error;
  const { name, idempotencyKey, maybeApplied } = error;
  // After an attempt without answer these cannot know whether it was done.
  const isTaken = Object.keys(Object(Reflect.get(error, 'errors'))).join() === 'id';
  const mayDoubt = isTaken || error.code === 'CONFLICT' || error.code === 'DEPENDENCY_FAILED';
  return {
    name,
    idempotencyKey,
    apiCode: error instanceof PrefactorApiError ? error.apiCode : undefined,
    ...(mayDoubt ? {} : { maybeApplied }),
  };
}

/** Counts in an answer are of that moment; those in the final state are compared. Ids hold a time. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set([
  'insertedAt',
  'updatedAt',
  'spanCounts',
  'agentVersionId',
  'agent_version_id',
]);

/** The same, with names for ids, and without what depends on when a request came. */
function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((inner) => withNames(inner, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([field]) => !OF_THE_MOMENT.has(field))
    .map(([field, inner]) => [names.get(field) ?? field, withNames(inner, names)]);
  return Object.fromEntries(entries);
}
