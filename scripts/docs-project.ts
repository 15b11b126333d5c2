// The project in which the code of the documentation runs, where none is given.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../tools/run.ts';

/** An empty package that has this checkout's build as a dependency. */
export function makeProject(): string {
  const path = mkdtempSync(join(tmpdir(), 'docs-code-'));
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
  link(path, 'prefactor-autobatch', root);
  link(path, '@types/node', join(root, 'node_modules/@types/node'));
  makeCommands(path);
  return path;
}

export function link(project: string, name: string, target: string): void {
  const place = join(project, 'node_modules', name);
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}

/**
 * What commands of a shell see: the given Node first. What npm tells its scripts of the checkout is
 * left out, else npx would look there. Nothing is fetched: a command that is not installed fails.
 */
export function shellEnv(node: string): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name)),
  );
  return {
    ...env,
    PATH: dirname(node) + delimiter + (env['PATH'] ?? ''),
    NO_COLOR: '1',
    npm_config_offline: 'true',
    npm_config_yes: 'false',
    npm_config_update_notifier: 'false',
  };
}

/** The commands of the package, as an install makes them. The build does not mark its files as programs. */
function makeCommands(project: string): void {
  const { bin = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly bin?: Readonly<Record<string, string>>;
  };
  for (const [name, file] of Object.entries(bin)) {
    const place = join(project, 'node_modules/.bin', name);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, `#!/bin/sh\nexec node '${join(root, file)}' "$@"\n`);
    chmodSync(place, 0o755);
  }
}
