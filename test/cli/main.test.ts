import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/main.ts';
import { VERSION } from '../../src/lib/version.ts';
import { runCli } from './run-cli.ts';

test('without a command it says what there is, and fails', async () => {
  const { code, stdout, stderr } = await runCli([]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const { name } of commands) expect(stderr).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'));
});

test.each(['--help', '-h'])('%s says the same as what was asked for', async (flag) => {
  const { code, stdout, stderr } = await runCli([flag]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe((await runCli([])).stderr);
});

test.each(['--version', '-v'])('%s gives the version', async (flag) => {
  expect(await runCli([flag])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
});

test('a command that is none leads to the nearest', async () => {
  expect(await runCli(['sned'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'prefactor-autobatch: There is no command "sned". Did you mean "send"? See: prefactor-autobatch --help\n',
  });
});

describe.each(commands)('$name --help', ({ name: command, options }) => {
  test('has a usage, its exit codes, examples, and lines that fit a terminal', async () => {
    const { code, stdout, stderr } = await runCli([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`\nUsage: prefactor-autobatch ${command}`);
    expect(stdout).toContain('\nExit codes: ');
    expect(stdout).toContain(`\nExamples:\n  prefactor-autobatch ${command}`);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  test('names each option that there is, and no other', async () => {
    const { stdout: help } = await runCli([command, '--help']);
    const named = new Set([...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name));
    expect([...named].sort()).toEqual(Object.keys(options).sort());
  });
});

const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));

test('the process ends with the exit code, and writes no escapes where nobody looks', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'send', 'nowhere'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe('prefactor-autobatch: There is no file "nowhere".\n');
});

test('a reader that has seen enough is no failure', () => {
  const script = `'${process.execPath}' '${bin}' send --help | true; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
});
