// Runs the second checker: `npm run check -- --seeds 20000 --seed 1`. `--all` also draws dimensions that
// the engine does not hold yet, `--only a,b` draws exactly those. A broken promise is told as a short story, with
// its seed. Ends with 0 or 1.
import { parseArgs } from 'node:util';
import type { Dimension } from '../test/checker/dimensions.ts';
import { ALL, HELD } from '../test/checker/dimensions.ts';
import { checkMany, storyOf } from '../test/checker/farm.ts';
import { wholeNumber } from './lib/whole-number.ts';

/** The failures of each process that are cut down and told. */
const TOLD = 2;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const count = wholeNumber(values.seeds, '--seeds');
const first = wholeNumber(values.seed, '--seed');
const dimensions = dimensionsFrom(values.only, values.all);

const startedAt = performance.now();
const isExact = values.only !== undefined;
const order = { first, count, dimensions, isExact, told: TOLD };
const { ran, counts, failures } = await checkMany(order);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);

for (const [what, number] of Object.entries(counts).sort()) console.log(`${what}: ${number}`);
for (const failure of failures) {
  if (failure.story.length > 0) console.error(`\n${storyOf(failure)}`);
}
for (const [rule, seeds] of byRule()) {
  console.error(`${rule}: ${seeds.length} seeds (${seeds.slice(0, 8).join(', ')})`);
}
console.log(`${ran} seeds from ${first}, ${failures.length} failed, ${seconds} s`);
if (failures.length > 0) process.exitCode = 1;

function byRule(): Map<string, number[]> {
  const rules = new Map<string, number[]>();
  for (const { seed, violations } of failures) {
    for (const rule of new Set(violations.map((violation) => violation.rule))) {
      rules.set(rule, [...(rules.get(rule) ?? []), seed]);
    }
  }
  return rules;
}

function dimensionsFrom(only: string | undefined, isAll: boolean): readonly Dimension[] {
  if (only === undefined) return isAll ? ALL : HELD;
  const names: readonly string[] = only.split(',');
  const unknown = names.find((name) => !ALL.some((dimension) => dimension === name));
  if (unknown !== undefined) {
    console.error(`There is no dimension "${unknown}"; there are ${ALL.join(', ')}.`);
    process.exit(1);
  }
  return ALL.filter((dimension) => names.includes(dimension));
}
