// The house of CONTRIBUTING.md: what stays in one place. Which way imports go: `npm run wall`.
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capture, root } from '../tools/run.ts';

test('the linter sees timers, the time and the console where they do not belong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'house-'));
  const code = [
    '/** Takes the clock, not setTimeout. */',
    'export const timer = setTimeout(() => {}, 1);',
    'export const stop = globalThis.clearInterval;',
    'export const now = [Date.now(), performance.now, new Date()];',
    'export const signal = AbortSignal.timeout(5);',
    "export const text = 'console.log, Date.now()';",
    'export const { log } = console;',
    'export const error = globalThis.console.error;',
    'export const date = new Date(1);',
  ];
  const places = ['src/client/late', 'src/lib/clock', 'src/lib/logger', 'src/cli/main'];
  for (const place of places) {
    mkdirSync(join(folder, place, '..'), { recursive: true });
    writeFileSync(join(folder, `${place}.ts`), `${code.join('\n')}\n`);
  }
  for (const path of ['biome.json', 'scripts/wall']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  const args = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', 'src'];
  const { text } = await capture('biome', args, { cwd: folder });
  rmSync(folder, { recursive: true });
  const found = [...text.matchAll(/^(src\/.*):\d+ plugin/gm)].map(([, place = '']) => place);
  expect([...new Set(found)].sort()).toEqual([
    ...[7, 8].map((line) => `src/cli/main.ts:${line}`),
    ...[2, 3, 4, 5, 7, 8].map((line) => `src/client/late.ts:${line}`),
    ...[7, 8].map((line) => `src/lib/clock.ts:${line}`),
    ...[2, 3, 4, 5].map((line) => `src/lib/logger.ts:${line}`),
  ]);
  expect(found.filter((place) => place === 'src/client/late.ts:4')).toHaveLength(3);
});

test('the transport makes one attempt: only the engine tries again', () => {
  const files = globSync('src/transport/**/*.ts', { cwd: root });
  const found = files.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/retry(?!-after)[^\n,}]*/gi)].map(
      ([hit]) => `${path}: ${hit.trim()}`,
    ),
  );
  expect(
    found,
    'src/transport/ names it once, as the ky option "retry: 0", and in no comment either: hand what ' +
      'the server said over as data, and let coalescer/ decide',
  ).toEqual([expect.stringMatching(/: retry: 0$/)]);
});
