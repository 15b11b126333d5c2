/**
 * Random histories of calls, aborts, flushes and faults, against the least server that a bulk
 * client can meet. Whatever happens: each call settles once, nothing takes effect twice, the order
 * holds, no bound is broken, the books balance, and nothing is left at the end.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Coalescer } from '../../src/coalescer/coalescer.ts';
import type { Batch, Name } from '../../src/coalescer/index.ts';
import type { RejectedError } from '../../src/coalescer/ports/rejected-error.ts';
import { engineUnderTest } from '../helpers/engine.ts';
import type { FaultRates, ModelServer } from '../helpers/model-server.ts';
import { modelServer } from '../helpers/model-server.ts';
import { pick, randomFrom } from '../helpers/random.ts';
import type { Fault } from '../helpers/scripted-send.ts';

const history = fc.record({
  seed: fc.integer(),
  calls: fc.integer({ min: 5, max: 60 }),
  maxItems: fc.constantFrom(1, 2, 3, 5, 10, 100),
  concurrency: fc.constantFrom(1, 2, 4, 16),
  onSkipped: fc.constantFrom('requeue' as const, 'reject' as const),
  faults: fc.constantFrom<Partial<FaultRates>>(
    {},
    { permanent: 0.15 },
    { transient: 0.25 },
    { lostBefore: 0.3 },
    { lostAfter: 0.3 },
    { omitted: 0.1 },
    { busy: 0.2 },
    { busyAfter: 0.2, denied: 0.1 },
    { overload: 0.2 },
    {
      permanent: 0.05,
      busy: 0.05,
      busyAfter: 0.05,
      overload: 0.03,
      denied: 0.03,
      transient: 0.1,
      lostBefore: 0.1,
      lostAfter: 0.1,
      omitted: 0.05,
      refused: 0.03,
    },
  ),
  /** How likely a call is to be one for which whole requests are refused, or the server falls. */
  poison: fc.constantFrom(0, 0, 0.05, 0.3),
  crash: fc.constantFrom(0, 0, 0.05, 0.2),
  most: fc.constantFrom({}, {}, { items: 3 }, { bytes: 60 }),
  /** How likely the agent is to wait between two calls, and for how long at most. */
  pauses: fc.constantFrom(0, 0.05, 0.3),
  pauseMs: fc.constantFrom(2, 30, 400),
  aborts: fc.constantFrom(0, 0, 0.3),
});

/** A call as the test remembers it. */
interface Made {
  readonly key: string;
  readonly makes: Name | undefined;
  readonly changes: Name | undefined;
  readonly uses: readonly Name[];
  readonly precedes: boolean;
  readonly follows: boolean;
  settlements: number;
  error: RejectedError | 'aborted' | undefined;
}

test('whatever happens, the contract holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      async ({
        seed,
        calls,
        maxItems,
        concurrency,
        onSkipped,
        faults,
        poison,
        crash,
        most,
        pauses,
        pauseMs,
        aborts,
      }) => {
        const random = randomFrom(seed);
        const made: Made[] = [];
        const inFlight = new Set<string>();
        const violations: unknown[] = [];
        const refusing = new Set<string>();
        const crashing = new Set<string>();
        let server: ModelServer | undefined;
        let engine: Coalescer<Fault> | undefined;
        const maxBytes = pick(random, [1_000_000, 200]);
        const t = engineUnderTest(
          { maxItems, maxBytes, concurrency, onSkipped },
          {
            random,
            send: (batch, options) => (server as ModelServer).send(batch, options),
            ping: () => Promise.resolve(true),
          },
        );
        engine = t.engine;
        server = modelServer({
          clock: t.clock,
          random,
          rates: faults,
          refusing,
          crashing,
          most,
          idFor: (key) => {
            const makes = made.find((call) => call.key === key)?.makes;
            return makes === undefined
              ? undefined
              : typeof makes === 'string'
                ? makes
                : `id-of-${key}`;
          },
          onRequest: (batch) => {
            // The engine takes what a sender throws for a lost request: violations are kept aside.
            try {
              expectBounds(batch, maxItems, maxBytes);
              for (const key of batch.keys) {
                expect(inFlight.has(key), `${key} is in two requests at once`).toBe(false);
                inFlight.add(key);
              }
              expectOrder(batch, made, engine as Coalescer<Fault>);
              expectMakers(batch, made, t.engine);
              expectBooks(t.engine);
            } catch (violation) {
              violations.push(violation);
            }
          },
          onReply: (batch) => {
            for (const key of batch.keys) inFlight.delete(key);
          },
        });
        const names: Name[] = ['r0', 'r1', 'r2', 'r3'];
        for (let index = 0; index < calls; index++) {
          const key = `k${index}`;
          if (random() < poison) refusing.add(key);
          else if (random() < crash) crashing.add(key);
          const roll = random();
          const fresh = random() < 0.3 ? t.number() : `n${index}`;
          const makes = roll < 0.4 ? fresh : undefined;
          const changes = roll >= 0.4 && roll < 0.6 ? pick(random, names) : undefined;
          const uses = [pick(random, names), pick(random, names)].slice(
            0,
            Math.floor(random() * 3),
          );
          const precedes = roll >= 0.6 && random() < 0.2;
          const follows = changes !== undefined && random() < 0.2;
          const holes = [...uses, ...(changes === undefined ? [] : [changes])].flatMap((name) =>
            typeof name === 'string' ? [] : [name],
          );
          const call: Made = {
            key,
            makes,
            changes,
            uses,
            precedes,
            follows,
            settlements: 0,
            error: undefined,
          };
          made.push(call);
          const abort = new AbortController();
          const pieces = holes.reduce<string[]>((text) => [...text, '|'], [`${key}|`]);
          t.call(key, {
            makes,
            changes,
            uses,
            holes,
            pieces,
            precedes: precedes ? '*' : undefined,
            follows: follows ? '*' : undefined,
            signal: abort.signal,
          }).then(
            () => {
              call.settlements++;
            },
            (error: RejectedError | 'aborted') => {
              call.settlements++;
              call.error = error;
            },
          );
          if (makes !== undefined && random() < 0.7) names[Math.floor(random() * 4)] = makes;
          if (random() < aborts) {
            const cancel = t.clock.after(random() * 100, () => abort.abort('aborted'));
            if (random() < 0.1) cancel();
          }
          expectBooks(t.engine);
          if (random() < pauses) await t.clock.pass(Math.floor(random() * pauseMs));
          if (random() < 0.05) void t.engine.flush();
        }
        const books = t.engine.flush();
        await t.clock.drain();
        expect(violations).toEqual([]);
        expect((await books).pending).toBe(0);
        expect(made.map(({ settlements }) => settlements)).toEqual(made.map(() => 1));
        expect([...server.effects.values()].every((times) => times === 1)).toBe(true);
        for (const { key, error } of made) expectTruth(error, server.effects.has(key), key);
        for (const { key, error } of made) {
          expectBlame(error, faults, refusing.has(key), crashing.has(key), key);
        }
        expectBooks(t.engine);
        t.expectIdle();
        expect(t.engine.resources).toBe(0);
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 300) },
  );
}, 120_000);

/** A batch is not empty, breaks no bound, counts its bytes exactly, and has no hole left. */
function expectBounds({ keys, texts, bytes }: Batch, maxItems: number, maxBytes: number): void {
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.length).toBeLessThanOrEqual(maxItems);
  expect(texts).toHaveLength(keys.length);
  const exact = 12 + texts.reduce((sum, text) => sum + text.length, 0) + texts.length - 1;
  expect(bytes).toBe(exact);
  if (keys.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
}

/** What an item waits for is settled, or runs before it in the same request. */
function expectOrder({ keys }: Batch, made: readonly Made[], engine: Coalescer<Fault>): void {
  for (const [position, key] of keys.entries()) {
    const index = made.findIndex((call) => call.key === key);
    const item = made[index] as Made;
    const before = new Set(keys.slice(0, position));
    for (const earlier of made.slice(0, index)) {
      if (!mustPrecede(earlier, item, engine) || before.has(earlier.key)) continue;
      expect(engine.isPending(earlier.key), `${key} overtakes ${earlier.key}`).toBe(false);
    }
  }
}

/** Nothing is sent whose maker is known to have failed. */
function expectMakers({ keys }: Batch, made: readonly Made[], engine: Coalescer<Fault>): void {
  for (const key of keys) {
    const index = made.findIndex((call) => call.key === key);
    const { changes, uses } = made[index] as Made;
    for (const name of changes === undefined ? uses : [changes, ...uses]) {
      const maker = made
        .slice(0, index)
        .findLast(({ makes }) => makes && engine.idOf(makes) === engine.idOf(name));
      if (maker === undefined || maker.error === undefined || maker.error === 'aborted') continue;
      expect(maker.error.reason.maybeApplied, `${key} needs ${maker.key}, which failed`).toBe(true);
    }
  }
}

function mustPrecede(earlier: Made, later: Made, engine: Coalescer<Fault>): boolean {
  if (earlier.precedes && later.follows) return true;
  const changedBy = (call: Made): Name[] =>
    [call.makes, call.changes].filter((name) => name !== undefined);
  const touchedBy = (call: Made): Name[] => [...changedBy(call), ...call.uses];
  const meet = (some: Name[], others: Name[]): boolean =>
    some.some((name) => others.some((other) => engine.idOf(name) === engine.idOf(other)));
  return meet(changedBy(earlier), touchedBy(later)) || meet(touchedBy(earlier), changedBy(later));
}

function expectBooks(engine: Coalescer<Fault>): void {
  const { ledger } = engine.stats();
  const { succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  expect(succeeded + refused + notAttempted + inDoubt + cancelled + pending).toBe(ledger.accepted);
}

/** Resolved: the server did it. Rejected as surely not applied: it did not. */
function expectTruth(
  error: RejectedError | 'aborted' | undefined,
  applied: boolean,
  key: string,
): void {
  if (error === undefined) expect(applied, `${key} resolved`).toBe(true);
  else if (error !== 'aborted' && !error.reason.maybeApplied) {
    expect(applied, `${key} rejected (${error.reason.kind}) as not applied`).toBe(false);
  }
}

/** Nobody is hurt by a neighbour: who is refused, or given up, was to blame, or all were alike. */
function expectBlame(
  error: RejectedError | 'aborted' | undefined,
  faults: Partial<FaultRates>,
  isRefusing: boolean,
  isCrashing: boolean,
  key: string,
): void {
  if (error === undefined || error === 'aborted') return;
  const { reason } = error;
  const { kind } = reason;
  if (kind === 'refused' && faults.refused === undefined && faults.denied === undefined) {
    expect(isRefusing, `${key} was refused for a neighbour`).toBe(true);
  }
  const losses = [faults.lostBefore, faults.lostAfter, faults.overload, faults.transient];
  if (
    kind === 'exhausted' &&
    reason.limit === 'attempts' &&
    losses.every((rate) => rate === undefined)
  ) {
    expect(isCrashing, `${key} was given up for a neighbour`).toBe(true);
  }
}
