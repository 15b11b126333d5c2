// docs/guide/bundlers.md: what is in a bundle for whom.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = rowsOf(sectionOf(documentAt('docs/guide/bundlers.md'), '## Bundlers'));
const conditions = rows.map(([, cell = '']) => spansOf(cell));
const use = `
import { AutobatchClient } from '${root}src/index.ts';
import { Emulator } from '${root}src/testing/index.ts';
const client = new AutobatchClient({ apiToken: 'test-token', fetch: new Emulator().fetch });
client.agentInstances.register({}).then(({ status }) => console.log(status));
`;

test('the table names each condition of package.json, and then none', () => {
  const ofPackage = Object.values(manifest.imports).flatMap((it) => Object.keys(it));
  expect([...conditions.flat(), 'default'].sort()).toEqual([...new Set(ofPackage)].sort());
  expect(conditions.at(-1)).toEqual([]);
});

test('the conditions for browsers and workers lead to the same files', () => {
  const targets = Object.values(manifest.imports).map(({ default: _forNode, ...forOthers }) =>
    Object.values(forOthers),
  );
  expect(targets.map((files) => new Set(files).size)).toEqual([1, 1]);
});

test.each([
  ['browsers and workers', 'browser', false],
  ['Node', 'default', true],
])(
  'a bundle for %s imports nothing, works in CommonJS, and has what it is said to have',
  async (_for, condition, isForNode) => {
    const code = await bundled(condition);
    expect(code.includes('undici.globalDispatcher')).toBe(isForNode);
    expect(code.includes('new Function')).toBe(isForNode);
    expect(await printedBy(code)).toBe('pending');
  },
);

/** In CommonJS, as which no top-level await is possible. */
async function bundled(condition: string): Promise<string> {
  const entry = 'virtual:use';
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [
      {
        name: 'conditions',
        resolveId(path) {
          if (path === entry) return entry;
          const name = path.match(/^\.\/(undici-sender|compiled-schema)\.ts$/)?.[1];
          if (name === undefined) return null;
          const target = Reflect.get(Reflect.get(manifest.imports, `#${name}`), condition);
          return join(root, String(target).replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
        },
        load: (id) => (id === entry ? use : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'cjs' });
  const [{ code, imports, dynamicImports }, ...others] = output;
  expect([...imports, ...dynamicImports, ...others]).toEqual([]);
  return code;
}

async function printedBy(code: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bundle.cjs');
  writeFileSync(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env: {} });
  return stdout.trim();
}
