// docs/reference/command-line.md names what there is, and no more.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/main.ts';

const page = readFileSync(new URL('../../docs/reference/command-line.md', import.meta.url), 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')).trim(), text] as const),
);

test('it has a section for each command, and no other', () => {
  expect([...sections.keys()].sort()).toEqual(commands.map(({ name }) => name).sort());
});

describe.each(commands)('$name', ({ name, options }) => {
  test('has a row for each option, and no other', () => {
    const rows = [...(sections.get(name) ?? '').matchAll(/^\| `--([a-z-]+)` \|/gm)];
    expect(rows.map(([, option]) => option).sort()).toEqual(Object.keys(options).sort());
  });
});
