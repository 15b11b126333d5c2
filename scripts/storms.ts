// What failing items cost with one request in flight, by the engine's rule and by others:
// `npm run storms`, or `npm run storms -- --seed 7` for other draws; `-- --draw` draws docs/pictures/storms.svg.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../tools/run.ts';
import { wholeNumber } from './lib/whole-number.ts';
import { stormsPicture } from './storms/picture.ts';
import { introduction, rows, tableOf } from './storms/table.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, draw: { type: 'boolean', default: false } },
});
const drawn = rows(wholeNumber(values.seed, '--seed'));
if (values.draw) writeFileSync(join(root, 'docs/pictures/storms.svg'), stormsPicture(drawn));
else console.log(`${introduction}\n\n${tableOf(drawn)}`);
