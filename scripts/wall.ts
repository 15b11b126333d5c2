// Checks which way imports go, those of types included, by the rules in scripts/wall/rules.ts.
// `npm run wall -- FOLDER` looks at another folder, such as one that breaks them all; `-- --graph` prints
// which folder of src/ imports which.
import { createRequire, registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ICruiseOptions } from 'dependency-cruiser';
import { root } from '../tools/run.ts';
import { rules } from './wall/rules.ts';

// dependency-cruiser asks the compiler which imports there are, by an API that TypeScript 7 does not
// have. API Extractor asks by the same, and brings a compiler that has it.
const require = createRequire(import.meta.url);
const ofApiExtractor = createRequire(require.resolve('@microsoft/api-extractor'));
registerHooks({
  resolve(name, context, next) {
    const isAsked =
      /^typescript(\/|$)/.test(name) && context.parentURL?.includes('/dependency-cruiser/');
    return next(isAsked === true ? ofApiExtractor.resolve(name) : name, context);
  },
});

const { cruise, getAvailableTranspilers } = await import('dependency-cruiser');
if (!getAvailableTranspilers().some(({ name, available }) => name === 'typescript' && available)) {
  throw new Error('dependency-cruiser found no compiler that it can ask, so it would miss types');
}
const { values, positionals } = parseArgs({
  options: { graph: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const report: ICruiseOptions = values.graph
  ? { outputType: 'text', includeOnly: '^src/', collapse: '^src/[^/]+' }
  : { outputType: 'err-long', validate: true };
const { output, exitCode } = await cruise(['{src,test,bench,scripts,tools,examples}/**/*.ts'], {
  baseDir: resolve(positionals[0] ?? root),
  ruleSet: { forbidden: rules.map((rule) => ({ ...rule, severity: 'error' })) },
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
  exclude: '^bench/peers/node_modules/',
  ...report,
});
if (values.graph) console.log(output);
else if (exitCode !== 0) console.error(output);
process.exitCode = exitCode === 0 ? 0 : 1;
