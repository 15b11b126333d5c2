// Does the package work for somebody who installs it? Packs it (build first), installs the tarball
// into empty projects, and there: checks the types with an old and a new compiler, runs a program,
// require(), and the README's code on each Node that is supported.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, root } from './run.ts';

const typescripts = ['5.9.3', '7.0.2'];
const resolutions = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
const runtimes = join(root, 'test/packed/runtimes');
const nodes = {
  'Node 22': join(runtimes, 'node_modules/node22/bin/node'),
  'Node 24': process.execPath,
  'Node 26': join(runtimes, 'node_modules/node26/bin/node'),
};
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
const temp = mkdtempSync(join(tmpdir(), 'packed-'));
let failures = 0;

try {
  // Does nothing when they are there already. Outside the main lock: nobody else needs 400 MB of Node.
  await npm(runtimes, ['install', '--no-package-lock', ...quiet]);
  const tarball = await pack();
  for (const typescript of typescripts) {
    const project = await install(tarball, typescript);
    await checkTypes(project, typescript);
    if (typescript === typescripts.at(-1)) await runOnEachNode(project);
  }
} finally {
  rmSync(temp, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

async function pack(): Promise<string> {
  await npm(root, ['pack', '--pack-destination', temp, ...quiet]);
  const { name, version } = (await import('../package.json', { with: { type: 'json' } })).default;
  return join(temp, `${name}-${version}.tgz`);
}

async function install(tarball: string, typescript: string): Promise<string> {
  const project = join(temp, `typescript-${typescript}`);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  await npm(project, [
    'install',
    tarball,
    `typescript@${typescript}`,
    '@types/node@24.19.2',
    ...quiet,
  ]);
  for (const file of ['consumer.ts', 'consumer.cjs']) {
    copyFileSync(join(root, 'test/packed', file), join(project, file));
  }
  return project;
}

async function checkTypes(project: string, typescript: string): Promise<void> {
  for (const [name, resolution] of Object.entries(resolutions)) {
    const config = `tsconfig.${name}.json`;
    const compilerOptions = {
      ...resolution,
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false, // our own declarations are libraries here
      noEmit: true,
    };
    writeFileSync(
      join(project, config),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );
    const tsc = join(project, 'node_modules/typescript/bin/tsc');
    await check(
      `types: TypeScript ${typescript}, ${name}`,
      process.execPath,
      [tsc, '-p', config],
      project,
    );
  }
}

async function runOnEachNode(project: string): Promise<void> {
  for (const [name, node] of Object.entries(nodes)) {
    await check(`import: ${name}`, node, ['consumer.ts'], project);
    await check(`require: ${name}`, node, ['consumer.cjs'], project);
    await check(`demo: ${name}`, node, ['node_modules/.bin/prefactor-autobatch', 'demo'], project);
    const docs = ['scripts/docs-code.ts', '--project', project, '--node', node, 'README.md'];
    await check(`README: ${name}`, process.execPath, docs, root);
  }
}

async function check(title: string, command: string, args: string[], cwd: string): Promise<void> {
  const { code, text } = await capture(command, args, { cwd, timeoutMs: 300_000 });
  console.log(code === 0 ? `ok   ${title}` : `FAIL ${title}\n${text.trimEnd()}`);
  if (code !== 0) failures++;
}

/** Without npm nothing else can be checked: its failure ends all. */
async function npm(cwd: string, args: string[]): Promise<void> {
  const { code, text } = await capture('npm', args, { cwd, timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}:\n${text}`);
}
