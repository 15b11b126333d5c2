/** The house of this checkout. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';
import { drawingOf } from './drawing.ts';
import { roomsOf } from './rooms.ts';

export const picturePath = 'docs/pictures/house.svg';

export function houseOfToday(): string {
  const src = join(root, 'src');
  const paths = globSync('**/*.ts', { cwd: src }).map((path) => path.replaceAll('\\', '/'));
  const sources = new Map(
    paths.sort().map((path) => [path, readFileSync(join(src, path), 'utf8')]),
  );
  const doors = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return drawingOf(roomsOf(sources, doors));
}
