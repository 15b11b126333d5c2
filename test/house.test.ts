// The house of CONTRIBUTING.md, held up by a test: which way imports go, and what stays in one place.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const files = globSync('**/*.ts', { cwd: src })
  .map((path) => path.replaceAll('\\', '/'))
  .sort()
  .map((path) => {
    const text = readFileSync(src + path, 'utf8');
    return { path, text, code: withoutComments(text) };
  });

/** What may be imported from where: a folder, or one file of it. Its own folder always may. */
const ground = ['errors', 'ids', 'internal', 'schemas'];
const middle = [...ground, 'coalescer', 'root'];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: ground,
  ids: ground,
  internal: ground,
  schemas: [...ground, 'action-promise.ts'], // what a caller may give for an id
  coalescer: ['internal'],
  transport: [...ground, 'coalescer/ports.ts', 'coalescer/outcome.ts', 'options.ts'],
  root: middle, // options.ts, window.ts, to-error.ts, ...: the files beside client.ts
  resources: middle,
  // Nothing that knows the API, so that a mistake of the client's cannot be the emulator's too.
  testing: ['internal/checks.ts', 'internal/nearest.ts'],
  'client.ts': [...middle, 'resources', 'transport'],
  'index.ts': [...middle, 'resources', 'transport', 'client.ts'],
  cli: ['index.ts', 'testing', 'internal', 'ids'], // a user like any other, but for the doctor's ids
};

/** Who may import a package. A package without a row: nobody. */
const packageOwners: Readonly<Record<string, RegExp>> = {
  'cli-progress': /^cli\//,
  dataloader: /(^|\/)window\.ts$/,
  ky: /^transport\/|^cli\//,
  nanoid: /^ids\//,
  zod: /^schemas\/|^parse-options\.ts$|^cli\//,
};

test('there is something to check', () => {
  expect(files.length, 'src/ was not found; correct the path in this test').toBeGreaterThan(0);
});

describe('imports go one way', () => {
  test.each(Object.keys(mayImport))('%s', (drawer) => {
    const wrong = importsOf(files.filter(({ path }) => drawerOf(path) === drawer))
      .filter(({ target }) => target !== undefined)
      .filter(({ target = '' }) => {
        const theirs = drawerOf(target);
        return (
          theirs !== drawer && !mayImport[drawer]?.some((may) => may === theirs || may === target)
        );
      })
      .map(({ place, target }) => `${place} imports src/${target}`);
    expect(
      wrong,
      `src/${drawer} may import only itself and ${mayImport[drawer]?.join(', ') || 'nothing'}: ` +
        'move what is shared to the lower drawer, or let client.ts hand it in',
    ).toEqual([]);
  });

  test('every folder has its row', () => {
    const unknown = files
      .filter(({ path }) => !(drawerOf(path) in mayImport))
      .map(({ path }) => path);
    expect(
      unknown,
      'give the new folder a row in mayImport, and a line in CONTRIBUTING.md',
    ).toEqual([]);
  });
});

test('each dependency is known to one place', () => {
  const wrong = importsOf(files)
    .filter(({ target, name }) => target === undefined && !name.startsWith('node:'))
    .filter(({ path, name }) => path.startsWith('coalescer/') || !packageOwners[name]?.test(path))
    .map(({ place, name }) => `${place} imports ${name}`);
  expect(
    wrong,
    'use the package through its owner (ky: transport/, zod: schemas/ and parse-options.ts, dataloader: ' +
      'window.ts, nanoid: ids/; the command line may use all but the last two); coalescer/ and testing/ use none',
  ).toEqual([]);
});

test('only testing/server.ts and the command line need Node', () => {
  const wrong = importsOf(files)
    .filter(({ path, name }) => name.startsWith('node:') && path !== 'testing/server.ts')
    .filter(({ path }) => !path.startsWith('cli/'))
    .map(({ place, name }) => `${place} imports ${name}`);
  expect(wrong, 'use what every runtime has: fetch, Web Crypto, TextEncoder, streams').toEqual([]);
});

test('only internal/clock.ts, lasting-timers.ts beside it, the emulator and the command line know the time', () => {
  const timer = /(?<![.\w$])(?:globalThis\.)?(?:set|clear)(?:Timeout|Interval|Immediate)\b/;
  const now = /\b(?:Date|performance)\.now\b|\bnew Date\(\s*\)|\bAbortSignal\.timeout\b/;
  const wrong = linesWith(new RegExp(`${timer.source}|${now.source}`, 'g')).filter(
    ({ path }) => !/^(internal\/(clock|lasting-timers)\.ts$|testing\/|cli\/)/.test(path),
  );
  expect(
    places(wrong),
    'take the Clock that is handed in, so that tests can hold the time',
  ).toEqual([]);
});

test('only internal/warn.ts writes to the console', () => {
  const wrong = linesWith(/(?<![.\w$])(?:globalThis\.)?console\b/g).filter(
    ({ path }) => path !== 'internal/warn.ts',
  );
  expect(places(wrong), 'call the logger, or what internal/warn.ts exports').toEqual([]);
});

test('the transport makes one attempt: only the engine tries again', () => {
  const found = files
    .filter(({ path }) => path.startsWith('transport/'))
    .flatMap(
      ({ path, text }) =>
        text.match(/retry[^\n,}]*/gi)?.map((hit) => `${path}: ${hit.trim()}`) ?? [],
    );
  expect(
    found,
    'src/transport/ names it once, as the ky option "retry: 0", and in no comment either: hand what ' +
      'the server said over as data, and let coalescer/ decide',
  ).toEqual([expect.stringMatching(/: retry: 0$/)]);
});

interface Import {
  readonly path: string;
  readonly place: string;
  /** What stands between the quotes; of a package its name only. */
  readonly name: string;
  /** The path in src/, of a relative import. */
  readonly target: string | undefined;
}

function importsOf(some: typeof files): Import[] {
  const forms =
    /\bfrom\s*(['"])(.+?)\1|\bimport\s*\(?\s*(['"])(.+?)\3|\brequire\(\s*(['"])(.+?)\5/g;
  return some.flatMap(({ path, code }) =>
    [...code.matchAll(forms)].map((hit): Import => {
      const name = hit[2] ?? hit[4] ?? hit[6] ?? '';
      const place = `src/${path}:${lineAt(code, hit.index)}`;
      if (name.startsWith('.')) {
        const target = new URL(name, `file:///src/${path}`).pathname.replace(/^\/src\//, '');
        return { path, place, name, target };
      }
      const scoped = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
      return {
        path,
        place,
        name: name.startsWith('node:') ? name : scoped.join('/'),
        target: undefined,
      };
    }),
  );
}

/** The folder of a file; the files beside client.ts are one drawer, it and index.ts their own. */
function drawerOf(path: string): string {
  const [folder = '', ...rest] = path.split('/');
  if (rest.length > 0) return folder;
  return folder === 'client.ts' || folder === 'index.ts' ? folder : 'root';
}

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
