// Set-ups that are a program with a command line: Node, Bun, Deno.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { must } from '../../tools/run.ts';
import type { Host, SetUp } from './play.ts';
import { program } from './project.ts';

/** A program whose last act has been told of ends within this time, unless something holds it. */
const END_MS = 60_000;

export function node(version: string, path: string): SetUp {
  const name = `Node ${version}`;
  return {
    name,
    async run(host, signal) {
      await suite(name, path, [], host, signal);
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
  run: (host, signal) => suite('Bun', program('.bin/bun'), ['run'], host, signal),
};

export const deno: SetUp = {
  name: 'Deno',
  run(host, signal) {
    const { host: address } = new URL(host.origin);
    // Nothing but the network: whoever reads the environment unasked would make a person answer a prompt.
    const may = ['run', '--no-prompt', `--allow-net=${address},127.0.0.1:9`];
    return suite('Deno', program('.bin/deno'), may, host, signal);
  },
};

/** Runs `main.mjs` until the program ends by itself. */
async function suite(
  setup: string,
  command: string,
  args: readonly string[],
  { origin, project, ended }: Host,
  signal: AbortSignal,
): Promise<void> {
  const main = join(project, 'main.mjs');
  const child = spawn(command, [...args, main, origin, setup], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const code = await Promise.race([codeOf(child), ended.then(() => codeInTime(child))]);
  if (code !== 0) throw new Error(`it ended with ${code}\n${text}`);
}

function codeOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
}

async function codeInTime(child: ChildProcess): Promise<number | string> {
  const code = codeOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  return code.finally(() => clearTimeout(timer));
}
