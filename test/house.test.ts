// The house of CONTRIBUTING.md: what stays in one place. Which way imports go: `npm run wall`.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const files = globSync('**/*.ts', { cwd: src })
  .map((path) => path.replaceAll('\\', '/'))
  .sort()
  .map((path) => {
    const text = readFileSync(src + path, 'utf8');
    return { path, text, code: withoutComments(text) };
  });

test('there is something to check', () => {
  expect(files.length, 'src/ was not found; correct the path in this test').toBeGreaterThan(0);
});

test('only lib/clock.ts, workerd-timers.ts beside it, the emulator and the command line know the time', () => {
  const timer = /(?<![.\w$])(?:globalThis\.)?(?:set|clear)(?:Timeout|Interval|Immediate)\b/;
  const now = /\b(?:Date|performance)\.now\b|\bnew Date\(\s*\)|\bAbortSignal\.timeout\b/;
  const wrong = linesWith(new RegExp(`${timer.source}|${now.source}`, 'g')).filter(
    ({ path }) => !/^(lib\/(clock|workerd-timers)\.ts$|testing\/|cli\/|replay\/)/.test(path),
  );
  expect(
    places(wrong),
    'take the Clock that is handed in, so that tests can hold the time',
  ).toEqual([]);
});

test('only lib/logger.ts writes to the console', () => {
  const wrong = linesWith(/(?<![.\w$])(?:globalThis\.)?console\b/g).filter(
    ({ path }) => path !== 'lib/logger.ts',
  );
  expect(places(wrong), 'call the logger, or what lib/logger.ts exports').toEqual([]);
});

test('the transport makes one attempt: only the engine tries again', () => {
  const found = files
    .filter(({ path }) => path.startsWith('transport/'))
    .flatMap(
      ({ path, text }) =>
        text.match(/retry(?!-after)[^\n,}]*/gi)?.map((hit) => `${path}: ${hit.trim()}`) ?? [],
    );
  expect(
    found,
    'src/transport/ names it once, as the ky option "retry: 0", and in no comment either: hand what ' +
      'the server said over as data, and let coalescer/ decide',
  ).toEqual([expect.stringMatching(/: retry: 0$/)]);
});

function linesWith(pattern: RegExp) {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map((hit) => ({
      path,
      line: lineAt(code, hit.index),
      found: hit[0],
    })),
  );
}

function places(hits: ReturnType<typeof linesWith>): string[] {
  return hits.map(({ path, line, found }) => `src/${path}:${line}: ${found}`);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Comments become empty lines; what looks like one within a string stays. */
function withoutComments(text: string): string {
  const stringOrComment =
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(
    stringOrComment,
    (all, string?: string) => string ?? all.replace(/[^\n]/g, ''),
  );
}
