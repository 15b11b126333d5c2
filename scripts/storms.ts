// What failing items cost with one request in flight, by the engine's rule and by others:
// `npm run storms`, or `npm run storms -- --seed 7` for other draws.
import { parseArgs } from 'node:util';
import { introduction, rows, tableOf } from './storms/table.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
if (!Number.isInteger(seed)) {
  console.error(`--seed must be a whole number, but it is "${values.seed}".`);
  process.exit(1);
}
console.log(`${introduction}\n\n${tableOf(rows(seed))}`);
