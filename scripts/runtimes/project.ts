// What the runtime suite runs on: the runtimes, and a project into which the packed package is installed.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../../tools/run.ts';
import { install, pack, quiet } from '../lib/packed.ts';

/** Outside the main lock: no other check needs these 700 MB. */
const deps = join(root, 'test/runtimes/deps');

/** Of Debian. */
const browsers = ['chromium', 'firefox-esr'];

export function program(name: string): string {
  return join(deps, 'node_modules', name);
}

export async function installRuntimes(): Promise<void> {
  await must('npm', ['install', '--no-package-lock', ...quiet], { cwd: deps });
}

export async function installBrowsers(): Promise<void> {
  if (browsers.every((name) => existsSync(join('/usr/bin', name)))) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await must('apt-get', ['update'], { env });
  await must('apt-get', ['install', '--yes', '--no-install-recommends', ...browsers], { env });
}

/** Installs the packed package (build first) into a project in `folder`, the suite beside it. */
export async function makeProject(folder: string): Promise<string> {
  const project = join(folder, 'project');
  // Types for the README's code.
  await install(project, [await pack(folder), '@types/node@24.19.2']);
  cpSync(join(root, 'test/runtimes'), project, {
    recursive: true,
    filter: (path) => !path.startsWith(deps),
  });
  cpSync(join(root, 'test/packed/consumer.cjs'), join(project, 'consumer.cjs'));
  return project;
}
