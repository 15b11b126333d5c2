// The public names of each entry, and their types, as TypeScript sees them: docs/api/*.api.md.
//   node scripts/api-report.ts            fails where a report differs from dist/
//   node scripts/api-report.ts --update   writes the reports
// A change of a public name so shows in the diff of a commit. Builds first where dist/ is stale.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from '@microsoft/api-extractor';
import { root } from '../tools/run.ts';
import type { Entry } from './lib/fresh-build.ts';
import { buildIfStale, entriesOf } from './lib/fresh-build.ts';

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
const entries = await entriesOf();
await buildIfStale(entries.map(({ path }) => path));
const configs = entries.map(configOf);
const [, ...more] = configs;
/** Public names: an entry may name those of another one, and need not export them once more. */
const publicNames = new Set(
  entries.flatMap(({ path }) => exportedBy(path.replace(/\.js$/, '.d.ts'))),
);
let compilerState: CompilerState | undefined; // one look at all of dist/ by the compiler, for all entries
for (const config of configs) {
  compilerState ??= CompilerState.create(config, {
    additionalEntryPoints: more.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: values.update,
    printApiReportDiff: true,
    compilerState,
    messageCallback: (message) => {
      const [, name = ''] = /^The symbol "(\w+)" needs to be exported/.exec(message.text) ?? [];
      if (publicNames.has(name)) message.logLevel = ExtractorLogLevel.None;
    },
  });
  console.log(`${succeeded ? 'ok  ' : 'FAIL'} ${relative(root, config.reportFilePath)}`);
  if (!succeeded) process.exitCode = 1;
}
if (process.exitCode === 1) {
  console.log(
    'Is the change meant? Run "npm run api-report -- --update", and commit the reports with it.',
  );
}

function exportedBy(path: string): readonly string[] {
  const exported = readFileSync(join(root, path), 'utf8').match(/^export .*?[;{]$/gms) ?? [];
  return exported.flatMap((text) => text.match(/\b[A-Z]\w+(?=[,\s}<])/g) ?? []);
}

function configOf({ name, path }: Entry): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, path.replace(/\.js$/, '.d.ts')),
      newlineKind: 'lf',
      // The extractor's own TypeScript is older than ours, and must not read our settings.
      compiler: {
        overrideTsconfig: {
          extends: './tsconfig.base.json',
          compilerOptions: { types: [], exactOptionalPropertyTypes: true, skipLibCheck: true },
          include: ['dist/**/*.d.ts'],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name === '.' ? 'index' : name.slice(2)}.api.md`,
        reportFolder: join(root, 'docs/api'),
        reportTempFolder: join(root, 'node_modules/.cache/api-report'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}
