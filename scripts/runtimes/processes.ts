// Set-ups that are a program with a command line: Node, Bun, Deno.
import { must } from '../../tools/run.ts';
import { program } from './project.ts';
import type { Host, SetUp } from './set-up.ts';

export function node(version: string, path: string): SetUp {
  const name = `Node ${version}`;
  return {
    name,
    async run(host) {
      await suite(name, path, [], host);
      const { project, check } = host;
      await check('require() loads it', must(path, ['consumer.cjs'], { cwd: project }));
      const demo = ['node_modules/.bin/prefactor-autobatch', 'demo'];
      await check('the demo runs', must(path, demo, { cwd: project }));
      const docs = ['scripts/docs-code.ts', '--project', project, '--node', path, 'README.md'];
      await check("the README's code runs", must(process.execPath, docs));
    },
  };
}

export const bun: SetUp = {
  name: 'Bun',
  run: (host) => suite('Bun', program('.bin/bun'), ['run'], host),
};

export const deno: SetUp = {
  name: 'Deno',
  run(host) {
    const { host: address } = new URL(host.server.origin);
    // Nothing but the network: reading the environment would make Deno ask the user for permission.
    const may = ['run', '--no-prompt', `--allow-net=${address},127.0.0.1:9`];
    return suite('Deno', program('.bin/deno'), may, host);
  },
};

/** Runs `main.mjs` until the program ends by itself. */
function suite(
  setup: string,
  command: string,
  args: readonly string[],
  { server, project }: Host,
): Promise<unknown> {
  return must(command, [...args, 'main.mjs', server.origin, setup], { cwd: project });
}
