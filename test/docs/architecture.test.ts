import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { House } from '../../scripts/house/floors.ts';
import { build } from '../../scripts/house/floors.ts';
import { houseOfToday, picturePath } from '../../scripts/house/house.ts';
import type { Doors, Room } from '../../scripts/house/rooms.ts';
import { reduced, roomsOf } from '../../scripts/house/rooms.ts';
import { wordsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const doors: Doors = {
  name: 'parcels',
  exports: { '.': './dist/index.js', './post': './dist/post/index.js' },
  bin: { parcel: 'dist/cli/bin.js' },
};
const rooms = roomsOf(
  new Map([
    ['index.ts', "export { send } from './post/send.ts';\n// import './nowhere.ts'\n"],
    ['post/index.ts', "export type { Stamp } from '../paper/stamp.ts';\n"],
    ['post/send.ts', "import { glue } from 'glue';\nimport './index.ts';\n"],
    ['paper/stamp.ts', "import { readFile } from 'node:fs/promises';\n"],
    ['cli/bin.ts', "const { send } = await import('../index.ts');\nimport '../paper/stamp.ts';\n"],
  ]),
  doors,
);

describe('the picture', () => {
  test('shows the house of today', () => {
    const drawn = readFileSync(new URL(`../../${picturePath}`, import.meta.url), 'utf8');
    expect(drawn === houseOfToday(), 'src/ has other rooms or arrows: run "npm run house"').toBe(
      true,
    );
  });

  test('has a room for each folder, and for each file beside them', () => {
    expect(rooms.map(({ name }) => name)).toEqual(['cli/', 'index.ts', 'paper/', 'post/']);
  });

  test('has an arrow for each import from another room, and none for a comment', () => {
    expect(Object.fromEntries(rooms.map(({ name, uses }) => [name, uses]))).toEqual({
      'cli/': ['index.ts', 'paper/'],
      'index.ts': ['post/'],
      'paper/': [],
      'post/': ['paper/'],
    });
  });

  test('names packages, and the ways in', () => {
    expect(rooms.map(({ packages, door }) => [packages, door])).toEqual([
      [[], 'npx parcel'],
      [[], 'parcels'],
      [['node:'], undefined],
      [['glue'], '…/post'],
    ]);
  });

  test('leaves out arrows that follow from others', () => {
    expect(reduced(rooms).map(({ uses }) => uses)).toEqual([
      ['index.ts'],
      ['post/'],
      [],
      ['paper/'],
    ]);
  });

  test('puts each room above all that it uses, and beside its neighbours', () => {
    const cellar = ['wine/', 'coal/', 'tools/'];
    const above = room('kitchen/', ...cellar, 'apples/');
    const shelf = room('tools/', 'apples/');
    const house = build(
      [above, shelf, room('wine/'), room('coal/'), room('apples/')],
      () => 100,
      320,
    );
    for (const way of house.arrows) {
      expect(way.map(({ floor }) => floor)).toEqual(
        way.map((_, index) => (way[0]?.floor ?? 0) - index),
      );
    }
    expect(overlaps(house)).toEqual([]);
  });

  test('says which imports run in a circle', () => {
    const circle = [room('a/', 'b/'), room('b/', 'c/'), room('c/', 'a/')];
    expect(() => build(circle, () => 100, 400)).toThrow('a/ → b/ → c/ → a/');
  });
});

test('the lifecycle has each state of an item', () => {
  const section = sectionOf(documentAt('docs/internals/lifecycle.md'), '## States of an item');
  const table = section.slice(0, section.indexOf('*At its place*'));
  const states = rowsOf(table).map(([state = '']) => spansOf(state)[0]);
  expect(states.sort()).toEqual(wordsOf('coalescer/item.ts', 'ItemState').sort());
});

test('the way of one call has at most ten steps', () => {
  const way = sectionOf(documentAt('docs/architecture.md'), '## One call, file by file');
  const steps = [...way.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  expect(steps.length).toBeLessThanOrEqual(10);
  expect(steps).toEqual(steps.map((_, index) => index + 1));
});

const pages = [
  'docs/architecture.md',
  ...globSync('docs/{internals,decisions}/*.md', { cwd: new URL('../..', import.meta.url) }),
];

test.each(pages)('each file that %s names exists', (page) => {
  const root = new URL('../../', import.meta.url);
  const files = globSync('{src,test,bench,scripts,examples}/**/*.ts', { cwd: root });
  const named = spansOf(documentAt(page)).filter((span) => /^[\w./-]+\.ts$/.test(span));
  const missing = named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));
  expect(missing).toEqual([]);
});

function room(name: string, ...uses: string[]): Room {
  return { name, uses, packages: [], door: undefined };
}

/** Places of a floor that lie over each other. */
function overlaps({ floors }: House): number[] {
  return floors.flatMap((floor) =>
    floor.slice(1).flatMap(({ x }, index) => {
      const before = floor[index];
      return before !== undefined && before.x + before.width > x ? [x] : [];
    }),
  );
}
