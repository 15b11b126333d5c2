// Draws the folders of src/ and what they import, for docs/architecture.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { houseOfToday, picturePath } from './house/house.ts';
import { root } from './run.ts';

writeFileSync(join(root, picturePath), houseOfToday());
