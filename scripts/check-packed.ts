// Does the package work once it is installed? Packs it (build first), installs the tarball into empty
// projects, and checks its types there with an old and a new compiler, an agent's tests with Jest, and the code of the
// pages that need other packages. What it does in each runtime is seen by `npm run runtimes`.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, root } from '../tools/run.ts';
import { pagesWithPackages } from './docs-code/pages-with-packages.ts';
import { install, pack } from './lib/packed.ts';

const typescripts = ['5.9.3', '7.0.2'];
const jest = '30.5.2';
const consumer = 'consumer.ts';
/** The settings that docs/guide/bundlers.md names, and the least that our declarations get along with: no types of Node's. */
const least = { target: 'es2022', lib: ['es2022', 'dom'], types: [] };
const settings = {
  nodenext: { file: consumer, module: 'nodenext', ...least },
  preserve: { file: consumer, module: 'preserve', ...least },
  bundler: { file: consumer, module: 'esnext', moduleResolution: 'bundler', ...least },
  'nodenext, into CommonJS': { file: 'required.cts', module: 'nodenext', ...least },
  "nodenext, with Node's types": {
    file: consumer,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: ['node'],
  },
};
const temp = mkdtempSync(join(tmpdir(), 'packed-'));

try {
  const tarball = await pack(temp);
  for (const typescript of typescripts) {
    const project = await projectWith(tarball, `typescript@${typescript}`, '@types/node@24.19.2');
    for (const [name, { file, ...own }] of Object.entries(settings)) {
      // Our own declarations are libraries here, so libraries are checked.
      const compilerOptions = { ...own, strict: true, skipLibCheck: false, noEmit: true };
      const config = JSON.stringify({ compilerOptions, files: [file] });
      writeFileSync(join(project, 'tsconfig.json'), config);
      await check(`types: TypeScript ${typescript}, ${name}`, project, [
        'node_modules/typescript/bin/tsc',
      ]);
    }
  }
  const project = await projectWith(tarball, `jest@${jest}`);
  const args = ['node_modules/jest/bin/jest.js', '--rootDir', project];
  await check('what is bundled: licences, maps, names in stack traces, the program', project, [
    'bundled.mjs',
  ]);
  await check(`an agent's tests with Jest ${jest}`, project, args);
  for (const [page, packages] of Object.entries(pagesWithPackages))
    await runPage(tarball, page, packages);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

/** The code of a page, in a project that has what it needs. */
async function runPage(tarball: string, page: string, packages: readonly string[]): Promise<void> {
  const project = mkdtempSync(join(temp, 'page-'));
  await install(project, [tarball, '@types/node@24.19.2', ...packages]);
  const { code, text } = await capture(process.execPath, [
    'scripts/docs-code.ts',
    '--project',
    project,
    page,
  ]);
  console.log(code === 0 ? `ok   the code of ${page}` : `FAIL ${page}\n${text.trimEnd()}`);
  if (code !== 0) process.exitCode = 1;
}

/** A project of its own, with what test/packed/ has for it. */
async function projectWith(...packages: string[]): Promise<string> {
  const project = mkdtempSync(join(temp, 'project-'));
  await install(project, packages);
  cpSync(join(root, 'test/packed'), project, { recursive: true });
  return project;
}

/** Runs a program in the project. */
async function check(
  title: string,
  project: string,
  [program = '', ...args]: readonly string[],
): Promise<void> {
  const path = join(project, program);
  const all = ['--experimental-vm-modules', '--no-warnings', path, ...args];
  const { code, text } = await capture(process.execPath, all, { cwd: project });
  console.log(code === 0 ? `ok   ${title}` : `FAIL ${title}\n${text.trimEnd()}`);
  if (code !== 0) process.exitCode = 1;
}
