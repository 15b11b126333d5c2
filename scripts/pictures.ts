// Draws the pictures of the documents again: node scripts/pictures.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools/run.ts';
import { failurePicture } from './pictures/failure.ts';
import { tellFailureStory } from './pictures/failure-story.ts';
import { stormsPicture } from './pictures/storms.ts';
import { rows } from './storms/table.ts';

writeFileSync(join(root, 'docs/pictures/failure.svg'), failurePicture(await tellFailureStory()));
writeFileSync(join(root, 'docs/pictures/storms.svg'), stormsPicture(rows()));
