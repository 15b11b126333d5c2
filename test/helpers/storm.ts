import { expect } from 'vitest';
import { endsOf, engineUnderTest } from './engine.ts';
import { modelServer } from './model-server.ts';
import type { Random } from './random.ts';
import { countSteps } from './steps.ts';

export interface Storm {
  /** Of each call, in order, whether it fails. */
  readonly fails: readonly boolean[];
  readonly maxItems: number;
  readonly concurrency: number;
}

/** Makes all calls at once, and lets exactly those fail; returns what it took. */
export async function costOf(storm: Storm, random: Random) {
  const { fails, maxItems, concurrency } = storm;
  const keys = fails.map((_, index) => `k${index}`);
  const t = engineUnderTest(
    { maxItems, concurrency },
    { send: (batch, options) => server.send(batch, options) },
  );
  const server = modelServer({
    clock: t.clock,
    random,
    rates: {},
    roundTripMs: 2,
    failing: new Set(keys.filter((_, index) => fails[index])),
    idFor: () => undefined,
  });
  const steps = countSteps();
  const calls = keys.map((key) => t.call(key));
  await t.clock.drain();
  const spent = steps();
  expect(await endsOf(...calls)).toEqual(fails.map((hasFailed) => (hasFailed ? 'error' : 'ok')));
  t.expectIdle();
  const items = server.requests.reduce((sum, { keys }) => sum + keys.length, 0);
  return { requests: server.requests.length, items, steps: spent };
}
