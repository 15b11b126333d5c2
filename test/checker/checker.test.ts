/**
 * The whole client against a second server, which shares no code with the emulator nor with the
 * simulation: so a rule that was misread there is not misread here. `npm run check` runs as many seeds
 * as one likes.
 */
import { describe, expect, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { dimensionsOf, HELD } from './dimensions.ts';
import { checkMany, storyOf } from './farm.ts';
import { MUTANTS } from './mutants.ts';
import { planFrom } from './plan.ts';
import { check } from './run.ts';
import { briefPlanFrom, checkOverSockets } from './run-over-sockets.ts';

/** Of real time there is less. */
const SOCKET_SEEDS = 80;
const AT_ONCE = 8;
const SEEDS = Number(process.env['CHECK_SEEDS'] ?? (process.env['CI'] ? 2_000 : 300));

test(`every promise holds under ${SEEDS} seeds of the second checker`, {
  timeout: 600_000,
}, async () => {
  const { ran, failures } = await checkMany({ first: 1, count: SEEDS, dimensions: HELD });
  expect(failures.map(storyOf).join('\n\n')).toBe('');
  expect(ran).toBe(SEEDS);
});

test('over real sockets, by the way that Node takes by itself, they hold as well', {
  timeout: 120_000,
}, async () => {
  const failures: string[] = [];
  for (let first = 1; first <= SOCKET_SEEDS; first += AT_ONCE) {
    const seeds = Array.from({ length: AT_ONCE }, (_, at) => first + at);
    const results = await Promise.all(
      seeds.map((seed) => checkOverSockets(AutobatchClient, briefPlanFrom(seed, HELD))),
    );
    results.forEach(({ violations }, at) => {
      for (const { rule, detail } of violations)
        failures.push(`seed ${seeds[at]}: ${rule}: ${detail}`);
    });
  }
  expect(failures).toEqual([]);
});

test.each([3, 8, 21, 55])('seed %i tells the same story each time', async (seed) => {
  const plan = planFrom(seed, dimensionsOf(seed, HELD));
  const first = await check(AutobatchClient, plan, { isTold: true });
  const second = await check(AutobatchClient, plan, { isTold: true });
  expect(first.story.length).toBeGreaterThan(10);
  expect(withoutKeys(second.story)).toEqual(withoutKeys(first.story));
});

describe('caught is a client that', () => {
  test.each(MUTANTS)('$name', { timeout: 120_000 }, async ({ name, breaks }) => {
    const { failures } = await checkMany({
      first: 1,
      count: 300,
      dimensions: HELD,
      mutant: name,
      until: breaks,
      told: 0,
    });
    expect(failures.flatMap(({ violations }) => violations.map(({ rule }) => rule))).toContain(
      breaks,
    );
  });
});

/** Keys and ids are drawn by the runtime's own chance, and nothing depends on them. */
function withoutKeys(story: readonly string[]): string[] {
  return story.map((line) => line.replaceAll(/"[\w-]{21}"|[0-7][0-9a-hjkmnp-tv-z]{31}/g, '…'));
}
