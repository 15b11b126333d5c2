// Does the package work for somebody who installs it? Packs it (build first), installs the tarball into empty
// projects, and checks its types there with an old and a new compiler, and an agent's tests with Jest. What it
// does in each runtime is seen by `npm run runtimes`.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, must, root } from '../tools/run.ts';

const typescripts = ['5.9.3', '7.0.2'];
const jest = '30.5.2';
const consumer = 'consumer.ts';
/** The settings that README names, and the least that our declarations get along with: no types of Node's. */
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
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
const temp = mkdtempSync(join(tmpdir(), 'packed-'));
let failures = 0;

try {
  const tarball = await pack();
  for (const typescript of typescripts) {
    const others = [`typescript@${typescript}`, '@types/node@24.19.2'];
    const project = await install(`typescript-${typescript}`, [tarball, ...others]);
    for (const file of new Set(Object.values(settings).map((setting) => setting.file))) {
      copyFileSync(join(root, 'test/packed', file), join(project, file));
    }
    await checkTypes(project, typescript);
  }
  const project = await install('jest', [tarball, `jest@${jest}`]);
  copyFileSync(join(root, 'test/packed/agent.test.mjs'), join(project, 'agent.test.mjs'));
  const bin = join(project, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', '--no-warnings', bin, '--rootDir', project];
  await check(`an agent's tests with Jest ${jest}`, process.execPath, args, project);
} finally {
  rmSync(temp, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

async function pack(): Promise<string> {
  await must('npm', ['pack', '--pack-destination', temp, ...quiet]);
  const { name, version } = (await import('../package.json', { with: { type: 'json' } })).default;
  return join(temp, `${name}-${version}.tgz`);
}

/** A project that has these packages. */
async function install(name: string, packages: readonly string[]): Promise<string> {
  const project = join(temp, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  await must('npm', ['install', ...packages, ...quiet], { cwd: project });
  return project;
}

async function checkTypes(project: string, typescript: string): Promise<void> {
  for (const [name, { file, ...own }] of Object.entries(settings)) {
    // Our own declarations are libraries here, so libraries are checked.
    const compilerOptions = { ...own, strict: true, skipLibCheck: false, noEmit: true };
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: [file] }),
    );
    const tsc = join(project, 'node_modules/typescript/bin/tsc');
    await check(`types: TypeScript ${typescript}, ${name}`, process.execPath, [tsc], project);
  }
}

async function check(title: string, command: string, args: string[], cwd: string): Promise<void> {
  const { code, text } = await capture(command, args, { cwd });
  console.log(code === 0 ? `ok   ${title}` : `FAIL ${title}\n${text.trimEnd()}`);
  if (code !== 0) failures++;
}
