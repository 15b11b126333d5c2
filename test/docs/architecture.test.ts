import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { capture } from '../../tools/run.ts';
import { wordsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

describe('the picture', async () => {
  const { text } = await capture(process.execPath, ['scripts/wall.ts', '--graph']);
  const lines = text.replaceAll('src/', '').split('\n');
  const imports = lines.filter((line) => line.includes(' → '));

  test('has an arrow for each import between rooms, but for those that follow from others', () => {
    const [, picture = ''] = documentAt('docs/architecture.md').split(/^```(?:mermaid)?$/m);
    const arrows = [...picture.matchAll(/^ *(\S+) --> (.+)$/gm)].flatMap(([, from, targets = '']) =>
      targets.split(' & ').map((to) => `${from} → ${to}`),
    );
    expect(imports.length).toBeGreaterThan(0);
    expect(arrows.sort()).toEqual(withoutWhatFollows(imports).sort());
  });

  test('has no circle', () => {
    expect(inCircles(imports)).toEqual([]);
  });
});

test('an import follows from others that lead the same way', () => {
  const imports = ['a → b', 'a → d', 'b → c', 'c → d', 'a → e'];
  expect(withoutWhatFollows(imports)).toEqual(['a → b', 'b → c', 'c → d', 'a → e']);
  expect(inCircles([...imports, 'd → b'])).toEqual(['b → c', 'c → d', 'd → b']);
});

test('the lifecycle has each state of an item', () => {
  const section = sectionOf(documentAt('docs/internals/lifecycle.md'), '## States of an item');
  const table = section.slice(0, section.indexOf('*At its place*'));
  const states = rowsOf(table).map(([state = '']) => spansOf(state)[0]);
  expect(states.sort()).toEqual(wordsOf('coalescer/items/item.ts', 'ItemState').sort());
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

/** Of imports, written as `from → to`, those to which no longer way leads. */
function withoutWhatFollows(imports: readonly string[]): string[] {
  return imports.filter((one) => {
    const [from = '', to = ''] = one.split(' → ');
    return !nextTo(from, imports).some((next) => next !== to && leads(next, to, imports, [from]));
  });
}

function inCircles(imports: readonly string[]): string[] {
  return imports.filter((one) => {
    const [from = '', to = ''] = one.split(' → ');
    return leads(to, from, imports);
  });
}

function leads(from: string, to: string, imports: readonly string[], seen: string[] = []): boolean {
  seen.push(from);
  return nextTo(from, imports).some(
    (next) => next === to || (!seen.includes(next) && leads(next, to, imports, seen)),
  );
}

function nextTo(room: string, imports: readonly string[]): string[] {
  const start = `${room} → `;
  return imports.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length));
}
