// The project in which the code of the documentation runs, where none is given.
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { root } from '../../tools/run.ts';

/** An empty package that has this checkout's build as a dependency. */
export function makeProject(): string {
  const path = mkdtempSync(join(tmpdir(), 'docs-code-'));
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
  link(path, 'prefactor-autobatch', root);
  link(path, '@types/node', join(root, 'node_modules/@types/node'));
  // Optional peers, which the documents show in use.
  for (const peer of Object.keys(manifest.peerDependencies)) {
    link(path, peer, join(root, 'node_modules', peer));
  }
  link(path, '.bin/prefactor-autobatch', join(root, 'dist/cli/bin.js'));
  return path;
}

export function link(project: string, name: string, target: string): void {
  const place = join(project, 'node_modules', name);
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}

/**
 * The environment of shell commands: the given Node comes first on PATH. The variables that npm sets for
 * its scripts are left out, or npx would look in the checkout. Nothing is fetched: a command that is not installed fails.
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
