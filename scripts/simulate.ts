// Runs the deterministic simulation: `npm run simulate -- --seeds 20000 --seed 1`. Says how often each
// fault, row and reason occurred; a broken promise is told as a short story, with its seed. Ends with 0
// or 1.
import { parseArgs } from 'node:util';
import { simulateMany, storyOf } from '../test/simulation/farm.ts';
import { wholeNumber } from './lib/whole-number.ts';

/** From so many schedules on, each kind of event has to have occurred. */
const ENOUGH = 5_000;

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const count = wholeNumber(values.seeds, '--seeds');
const first = wholeNumber(values.seed, '--seed');

const startedAt = performance.now();
const { ran, requests, coverage, failures } = await simulateMany(first, count);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);

console.log(coverage.toString());
console.log(`${ran} schedules from seed ${first}, ${requests} requests, ${seconds} s`);
for (const failure of failures) console.error(`\n${storyOf(failure)}`);
const { missing } = coverage;
if (ran >= ENOUGH && missing.length > 0) {
  console.error(`Never met: ${missing.join(', ')}. Let test/simulation/planner.ts draw it.`);
  process.exitCode = 1;
}
if (failures.length > 0) process.exitCode = 1;
