/**
 * The whole client against a simulated world: whatever the agents do, and whatever goes wrong, the
 * promises of docs/internals/contract.md hold. `npm run simulate` runs as many schedules as one likes.
 */
import { expect, test } from 'vitest';
import { AutobatchClient } from '../../src/client/client.ts';
import { simulateMany, storyOf } from './farm.ts';
import { planFrom } from './planner.ts';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env['SIMULATE_SEEDS'] ?? (process.env['CI'] ? 20_000 : 2_000));
/** So many schedules meet everything that is to be met. */
const ENOUGH = 20_000;

test(`every promise holds in ${SEEDS} schedules, and each fault, row and reason occurs`, {
  timeout: 600_000,
}, async () => {
  const { ran, coverage, failures } = await simulateMany(1, SEEDS);
  expect(failures.map(storyOf).join('\n\n')).toBe('');
  expect(ran).toBe(SEEDS);
  if (ran >= ENOUGH) expect(coverage.missing, coverage.toString()).toEqual([]);
});

test.each([3, 8, 17, 75, 139, 269])('seed %i tells the same story each time', async (seed) => {
  const first = await simulate(AutobatchClient, seed, planFrom(seed), true);
  const second = await simulate(AutobatchClient, seed, planFrom(seed), true);
  expect(first.story.length).toBeGreaterThan(0);
  expect(withoutKeys(second.story)).toEqual(withoutKeys(first.story));
});

/** Keys and ids are drawn by the runtime's own chance, and nothing depends on them. */
function withoutKeys(story: readonly string[]): string[] {
  return story.map((line) =>
    line.replaceAll(/"[\w-]{21}"|[0-7][0-9a-hjkmnp-tv-z]{31}|[\w-]{21}/g, '…').slice(0, 100),
  );
}
