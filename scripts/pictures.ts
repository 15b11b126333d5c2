// Draws the pictures of the documents again: node scripts/pictures.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failurePicture } from './pictures/failure.ts';
import { tellFailureStory } from './pictures/failure-story.ts';
import { root } from './run.ts';

writeFileSync(join(root, 'docs/pictures/failure.svg'), failurePicture(await tellFailureStory()));
