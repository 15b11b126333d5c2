// The public names of each entry, and their types, as TypeScript sees them: docs/api/*.api.md.
//   node scripts/api-report.ts            fails where a report does not say what dist/ has
//   node scripts/api-report.ts --update   writes the reports
// A change of a public name so shows in the diff of a commit. Builds first where dist/ is stale.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ExtractorMessage } from '@microsoft/api-extractor';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  ExtractorMessageCategory,
} from '@microsoft/api-extractor';
import type { Entry } from './fresh-build.ts';
import { buildIfStale, entriesOf } from './fresh-build.ts';
import { root } from './run.ts';

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
const folder = 'docs/api';
const shown = 20;
/** The extractor's own TypeScript is older than ours, and must not read our settings. */
const overrideTsconfig = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  },
  include: ['dist/**/*.d.ts'],
};
const work = mkdtempSync(join(tmpdir(), 'api-report-'));

try {
  const entries = await entriesOf();
  await buildIfStale(entries.map(({ path }) => path));
  mkdirSync(join(root, folder), { recursive: true });
  // One look at all of dist/ by the compiler, for all entries.
  let compilerState: CompilerState | undefined;
  for (const entry of entries) {
    const config = configOf(entry);
    compilerState ??= CompilerState.create(config, {
      additionalEntryPoints: entries.map(typesOf),
    });
    report(entry, compilerState, config);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Makes the report of one entry, and writes it or compares it with the one that is there. */
function report(entry: Entry, compilerState: CompilerState, config: ExtractorConfig): void {
  const complaints: string[] = [];
  Extractor.invoke(config, {
    localBuild: true, // it writes into the work folder only; whether that is a change, we say
    compilerState,
    messageCallback: (message) => {
      message.handled = true;
      // That it has written a report is no complaint: the work folder is always empty before.
      if (message.category !== ExtractorMessageCategory.Console && isSerious(message)) {
        complaints.push(message.formatMessageWithLocation(root));
      }
    },
  });
  for (const complaint of complaints) fail(complaint);
  const path = `${folder}/${config.reportFilePath.slice(work.length + 1)}`;
  const now = withoutRemarks(readFileSync(config.reportFilePath, 'utf8'));
  const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
  if (now === before) {
    console.log(`ok   ${path}`);
  } else if (values.update) {
    writeFileSync(join(root, path), now);
    console.log(`new  ${path}`);
  } else {
    fail(
      `${path} does not say what the entry "${entry.name}" has:\n${changesOf(before, now)}\n` +
        'If that change of the public names is meant, run "npm run api-report -- --update", and commit the report with the change.',
    );
  }
}

function isSerious({ logLevel }: ExtractorMessage): boolean {
  return logLevel === ExtractorLogLevel.Error || logLevel === ExtractorLogLevel.Warning;
}

/**
 * A comment more or less changes no name, so what has none is not marked. Nor is the fence: one that
 * is marked ts is a program, which scripts/docs-code.ts runs.
 */
function withoutRemarks(report: string): string {
  return report
    .replace(/^ *\/\/ \(undocumented\)\n| \(undocumented\)$/gm, '')
    .replace('```ts\n', '```mts\n');
}

function configOf(entry: Entry): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: typesOf(entry),
      newlineKind: 'lf',
      compiler: { overrideTsconfig },
      apiReport: {
        enabled: true,
        reportFileName: `${entry.name === '.' ? 'index' : entry.name.slice(2)}.api.md`,
        reportFolder: work,
        reportTempFolder: join(work, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: false },
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

function typesOf({ path }: Entry): string {
  return join(root, path.replace(/\.js$/, '.d.ts'));
}

/** The lines that only one of them has. */
function changesOf(before: string, now: string): string {
  const [old, young] = [before.split('\n'), now.split('\n')];
  const changes = [
    ...old.filter((line) => !young.includes(line)).map((line) => `- ${line}`),
    ...young.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
  const more = changes.length - shown;
  return [...changes.slice(0, shown), ...(more > 0 ? [`  and ${more} lines more`] : [])].join('\n');
}

function fail(problem: string): void {
  console.log(`FAIL ${problem}`);
  process.exitCode = 1;
}
