// Bundles src/ into dist/: a file for each entry, with all that it needs from packages, and chunks for what entries
// share. Node loads that in half the time of a file for each module. The declarations are the compiler's own.
import { chmodSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputChunk } from 'rolldown';
import { rolldown } from 'rolldown';
import { must, root } from '../tools/run.ts';

/** The entries of package.json, by their paths in dist/. */
const entries = {
  index: 'src/index.ts',
  'coalescer/standalone/index': 'src/coalescer/standalone/index.ts',
  'testing/index': 'src/testing/index.ts',
  'trace/index': 'src/trace/index.ts',
  'fetch/index': 'src/fetch/index.ts',
  'fetch/register': 'src/fetch/register.ts',
  'otel/index': 'src/otel/index.ts',
  'ai/index': 'src/ai/index.ts',
  'inspector/index': 'src/inspector/index.ts',
};
const programs = {
  'cli/bin': 'src/cli/bin.ts',
  // It starts itself as a process of its own, so it must not be joined with what imports it.
  'recordings/emulator-process': 'src/recordings/emulator-process.ts',
};
/**
 * What browsers and workers have no use for. Each is a file of its own, which others import by a name that `imports` of
 * package.json leads to another file there.
 */
const variants = {
  'transport/undici-sender': 'src/transport/undici-sender.ts',
  'transport/undici-sender.web': 'src/transport/undici-sender.web.ts',
  'schemas/compiled-schema': 'src/schemas/compiled-schema.ts',
  'schemas/compiled-schema.web': 'src/schemas/compiled-schema.web.ts',
};
/** Chunks that rolldown names after one of their files, and what they are. */
const chunkNames = { src: 'client', coalescer: 'engine', 'client-door': 'shared' };
const conditional = {
  './undici-sender.ts': '#undici-sender',
  './compiled-schema.ts': '#compiled-schema',
};

// The compiler never removes the output of a source file that was deleted.
rmSync(join(root, 'dist'), { recursive: true, force: true });
await must('tsc', ['-p', 'tsconfig.build.json']);
const build = await rolldown({
  cwd: root,
  input: { ...entries, ...programs, ...variants },
  external: /^node:/,
  // Of what packages have for browsers and for Node, the first runs everywhere.
  platform: 'browser',
  // As the groups of chunks below need it; no entry gets a name more by it.
  preserveEntrySignatures: 'allow-extension',
  plugins: [
    { name: 'conditional', resolveId: (path, importer) => external(path, importer) },
    { name: 'page', load: (path) => (path.endsWith('/page-texts.ts') ? pageTextsModule() : null) },
  ],
});
const { output } = await build.write({
  dir: join(root, 'dist'),
  entryFileNames: '[name].js',
  chunkFileNames: ({ name }) => `chunks/${Reflect.get(chunkNames, name) ?? name}.js`,
  // Most entries share some of lib/: a chunk for each set of them would be many small files. The emulator has the
  // checks only.
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name: 'lib', test: /\/src\/lib\/(?!value-checks|nearest)/ }],
  },
  comments: { legal: false, annotation: true, jsdoc: false },
  sourcemap: true,
  // The package has src/; the sources of its dependencies would be most of the maps.
  sourcemapExcludeSources: true,
  sourcemapIgnoreList: (path) => path.includes('node_modules'),
});
writeFileSync(
  join(root, 'dist/LICENSES.txt'),
  licencesOf(output.filter((file) => file.type === 'chunk')),
);
// An install does the same, so the documents can run it by its name in a checkout as well.
chmodSync(join(root, 'dist/cli/bin.js'), 0o755);

/** The name by which a chunk imports what differs by the runtime. */
function external(
  path: string,
  importer: string | undefined,
): { id: string; external: true } | undefined {
  const name = Reflect.get(conditional, path);
  return importer === undefined || name === undefined ? undefined : { id: name, external: true };
}

/** The inspector's page as a module, so that no bundle has to find its files. */
function pageTextsModule(): string {
  const folder = join(root, 'src/inspector/page');
  const names = readdirSync(folder).sort();
  const texts = Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
  return `const texts = ${JSON.stringify(texts)};\nexport const pageTexts = () => texts;\n`;
}

/** The licences of the packages that are in these chunks. */
function licencesOf(chunks: readonly OutputChunk[]): string {
  const folders = chunks.flatMap(({ moduleIds }) => moduleIds).map(packageOf);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${name} ${version}\n\n${licenceIn(folder)}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function packageOf(path: string): string | undefined {
  return /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(path)?.[0];
}

function licenceIn(folder: string): string {
  const [file] = globSync('{LICENSE,LICENCE,license,licence}*', { cwd: folder });
  if (file === undefined)
    throw new Error(`${folder} has no licence: it cannot be a part of dist/.`);
  return readFileSync(join(folder, file), 'utf8').trimEnd();
}
