import { expect, test } from 'vitest';
import { create, ndjson, run } from '../../recordings/actions/lines.ts';
import { fileWith, runCli } from '../run-cli.ts';

test('the example runs end in the same state both ways', async () => {
  const { code, stdout, stderr } = await runCli(['demo']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^calls +724 +724$/m);
  expect(stdout).toMatch(/^succeeded +724 +724$/m);
  // How many depends on how busy the machine is; that all calls share requests does not.
  const [, requests] = /^requests +724 +(\d+) {3}[\d.]+ times fewer$/m.exec(stdout) ?? [];
  expect(Number(requests)).toBeLessThan(724);
  expect(stdout).toMatch(
    /^Both servers ended in the same state, and the books balance: accepted 724 = succeeded 724\.$/m,
  );
});

test('a file of your own is compared too, and what fails is said', async () => {
  const wrong = { ...create('r', 'b'), payload: { ok: true }, status: 'no such status' };
  const [register = {}, ...rest] = run('r', ['a']);
  const path = fileWith(ndjson(register, wrong, ...rest));
  const { code, stdout } = await runCli(['demo', path]);
  expect(code).toBe(1);
  // Call by call, whatever waits for the failed one fails with it.
  expect(stdout).toContain('call by call: 4 calls failed.\n');
  expect(stdout).toContain('batched: 1 calls failed.\n');
});

test('a bad line ends it, and is named', async () => {
  const path = fileWith('{"t":0}\n');
  const { code, stderr } = await runCli(['demo', path]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^prefactor-autobatch: .+runs\.ndjson, line 1: .+\n$/);
});

test('one file at a time', async () => {
  const { code, stderr } = await runCli(['demo', 'a', 'b']);
  expect(code).toBe(2);
  expect(stderr).toContain('One file at a time.');
});
