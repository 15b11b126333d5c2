/**
 * Shows that the simulation finds what is wrong: each of these clients is wrong in one place, passes
 * the happy path, and is caught by the invariant that its error breaks.
 */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runShare } from './farm.ts';
import type { Mutant } from './mutants.ts';
import { MUTANTS, writeMutant } from './mutants.ts';
import type { Found } from './worker.ts';

/** Where the engine has changed, the seed that caught it may be another by now. */
const MORE_SEEDS = 1_500;

test('there are at least fifty', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(50);
});

describe('caught is the client that', () => {
  test.concurrent.each(MUTANTS)('$name', { timeout: 120_000 }, async (mutant) => {
    const { failure, happy } = await hunt(mutant);
    expect(happy).toEqual([]);
    expect(failure?.violations.map(({ name }) => name) ?? []).toContain(mutant.breaks);
  });
});

async function hunt(mutant: Mutant): Promise<Found> {
  const src = writeMutant(mutant);
  try {
    const others = Array.from({ length: MORE_SEEDS }, (_, at) => at + 1);
    const seeds = [mutant.seed, ...others];
    return await runShare({ src, seeds, until: mutant.breaks, shrinks: false });
  } finally {
    rmSync(dirname(src), { recursive: true });
  }
}
