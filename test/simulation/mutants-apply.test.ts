/** That each mutant can still be written: in seconds, without the simulation that has to catch it. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { capture, root } from '../../tools/run.ts';
import { SOURCES } from './farm.ts';
import { copySources, MUTANTS, sourcesIn } from './mutants.ts';
import type { Mutation } from './mutate.ts';
import { beginWith, mutate } from './mutate.ts';

const sources = sourcesIn(SOURCES);

test.each(MUTANTS)('its place is found: $name', (mutant) => {
  const { path, text } = mutate(sources, mutant);
  expect(text).not.toBe(sources.get(path));
});

test('their code names only what is there', async () => {
  // One that does, so that it is seen that the compiler looks.
  const wrong = MUTANTS.slice(0, 1).map((mutant) => {
    return { ...mutant, name: 'wrong', edit: beginWith('nowhere();') };
  });
  expect(await unknownNames([...MUTANTS, ...wrong])).toEqual([
    "wrong: Cannot find name 'nowhere'.",
  ]);
});

/** What the compiler does not find; its other errors are of what a mutant is about. */
async function unknownNames(mutations: readonly Mutation[]): Promise<readonly string[]> {
  const src = copySources();
  onTestFinished(() => rmSync(dirname(src), { recursive: true }));
  for (const [number, mutation] of mutations.entries()) {
    const { path, text } = mutate(sources, mutation);
    // Beside its original, so that its imports lead to the same files.
    writeFileSync(join(src, path.replace(/ts$/, `${number}.mutant.ts`)), text);
  }
  const config = { extends: join(root, 'tsconfig.json'), include: ['src/**/*.mutant.ts'] };
  writeFileSync(join(src, '../tsconfig.json'), JSON.stringify(config));

  const { text } = await capture('tsc', ['-p', join(src, '..'), '--pretty', 'false']);
  const pattern = /\.(\d+)\.mutant\.ts\(\d+,\d+\): error TS(?:2304|2339|2551|2552): (.*)/g;
  return [...text.matchAll(pattern)].map(
    ([, number, error]) => `${mutations[Number(number)]?.name}: ${error}`,
  );
}
