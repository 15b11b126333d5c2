// The command `doctor` without --write: what can be asked without changing anything.

import { expect, test } from 'vitest';
import type { Answered } from '../../../src/cli/doctor/questions/question-finding.ts';
import type { Report } from '../../../src/cli/doctor/report.ts';
import { Emulator } from '../../../src/testing/index.ts';
import type { Api, CliResult } from '../run-cli.ts';
import { runCli, serveApi, TOKEN } from '../run-cli.ts';
import { errorBody, serveScripted } from '../scripted-api.ts';

async function ask({ env }: Pick<Api, 'env'>): Promise<{ code: number; answers: Answered[] }> {
  const { code, stdout } = await runCli(['doctor', '--json'], { env });
  const { answers }: Report = JSON.parse(stdout);
  return { code, answers: [...answers] };
}

test('an API that is there, takes the token and refuses nothing to do is fine', async () => {
  const api = await serveApi();
  const { code, answers } = await ask(api);
  expect(answers.map(({ id, finding }) => [id, finding])).toEqual([
    ['url', 'ok'],
    ['token', 'ok'],
    ['bulk', 'ok'],
  ]);
  expect(code).toBe(0);
});

test('it changes nothing', async () => {
  const { emulator, env } = await serveApi();
  await runCli(['doctor'], { env });
  expect(emulator.report().requests.byPath).toEqual({
    'GET /api/v1/ping': 1,
    'POST /api/v1/bulk': 1,
  });
  expect(emulator.report()).toMatchObject({ items: 0, ran: [] });
  expect(emulator.snapshot().instances).toEqual({});
});

test('each answer is a line on standard error, and the report on standard output', async () => {
  const { env } = await serveApi();
  const { stdout, stderr } = await runCli(['doctor'], { env });
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(/^ok {9}Does anything answer there\? Yes, after /),
    'ok         Is the token taken? Yes.',
    'ok         Does the bulk endpoint answer, and is it the API? Yes, it refuses a request without items (422).',
    '',
  ]);
  const host = new URL(env['PREFACTOR_API_URL'] ?? '').host;
  expect(stdout).toContain(`## prefactor-autobatch doctor: ${host}\n`);
  expect(stdout).toContain(', reading only: 3 ok, 0 different, 0 problem, 0 unknown.\n');
  expect(stdout).toContain('| ok | Is the token taken? | Yes. |\n');
});

test('the URL may be given as an option', async () => {
  const { env } = await serveApi();
  const { PREFACTOR_API_URL: url = '', ...rest } = env;
  const { code } = await runCli(['doctor', '--api-url', url], { env: rest });
  expect(code).toBe(0);
});

test('nobody at that address is a problem, and nothing else is asked', async () => {
  const server = await new Emulator().listen();
  await server.close();
  const { code, answers } = await ask({
    env: { PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: TOKEN },
  });
  expect(answers).toMatchObject([
    {
      id: 'url',
      finding: 'problem',
      answer: `There is no usable answer at ${server.url} (ECONNREFUSED). Is the API's URL right, and the network up?`,
    },
  ]);
  expect(code).toBe(1);
});

test('another token is a problem', async () => {
  const { env } = await serveApi({ token: 'another-token' });
  const { code, answers } = await ask({ env });
  expect(answers.slice(1)).toMatchObject([
    { id: 'token', finding: 'problem', answer: expect.stringContaining('refuses the token (401)') },
  ]);
  expect(code).toBe(1);
});

test('a path where no API is, is a problem', async () => {
  const { env } = await serveApi();
  const { code, answers } = await ask({
    env: { ...env, PREFACTOR_API_URL: `${env['PREFACTOR_API_URL']}/nowhere` },
  });
  expect(answers.at(-1)).toMatchObject({
    id: 'token',
    finding: 'problem',
    answer: expect.stringContaining('is not the Prefactor API (404 to a ping)'),
  });
  expect(code).toBe(1);
});

test('a page that answers everything with 200 is not taken for the API', async () => {
  const { env, emulator } = await serveApi();
  const page = { kind: 'html', status: 200 } as const;
  emulator.faults.next(page, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const { code, answers } = await ask({ env });
  expect(answers.at(-1)).toMatchObject({
    id: 'url',
    finding: 'problem',
    answer: expect.stringContaining('is not the Prefactor API'),
  });
  expect(code).toBe(1);
});

test.each([
  [403, 'It refuses the token (403), though a ping does not.'],
  [404, 'There is none (404).'],
  [503, 'It is not able to answer now (503). Ask again later.'],
])('a bulk endpoint that answers %i is a problem', async (status, sentence) => {
  const { env, emulator } = await serveApi();
  emulator.faults.next({ kind: 'status', status });
  const { code, answers } = await ask({ env });
  expect(answers.at(-1)).toMatchObject({ id: 'bulk', finding: 'problem' });
  expect(answers.at(-1)?.answer).toContain(sentence);
  expect(code).toBe(1);
});

test('a bulk endpoint that says nothing is a problem', async () => {
  const { env, emulator } = await serveApi();
  emulator.faults.next({ kind: 'dropBefore' });
  const { answers } = await ask({ env });
  expect(answers.at(-1)).toMatchObject({
    finding: 'problem',
    answer: expect.stringMatching(/^There is no usable answer \(\w+\)\.$/),
  });
});

test('an API that takes a request without items differs', async () => {
  const api = await serveScripted(({ items, path }) =>
    path === '/api/v1/bulk' && items.length === 0
      ? { status: 200, body: { status: 'success', outputs: {} } }
      : undefined,
  );
  const { code, answers } = await ask(api);
  expect(answers.at(-1)).toMatchObject({ id: 'bulk', finding: 'different' });
  expect(code).toBe(1);
});

test.each([
  ['without a token', ['doctor'], { PREFACTOR_API_TOKEN: '' }, 'PREFACTOR_API_TOKEN is not set'],
  ['with an address that is none', ['doctor', '--api-url', 'here'], {}, '--api-url must be an'],
  ['with an argument', ['doctor', 'now'], {}, 'It takes options only, not "now".'],
])('%s nothing is asked', async (_what, args, env, sentence) => {
  const { code, stdout, stderr } = await runCli(args, {
    env: { PREFACTOR_API_TOKEN: TOKEN, ...env },
  });
  expect(stderr).toContain(sentence);
  expect(stderr.split('\n')).toHaveLength(2);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

const odd = 't"o\\k$&e|n<e>%41~';

test.each([
  ['reading', []],
  ['writing', ['--write']],
])('the token is never shown when %s, even if the API repeats it', async (_what, flags) => {
  const echo = errorBody(`code ${odd}`, `The token ${odd} of 01k3zxw0000000a1b2c3000000000001`);
  const answers: Readonly<Record<string, (keys: readonly string[]) => unknown>> = {
    error: (keys) => ({
      status: 'success',
      outputs: Object.fromEntries(keys.map((key) => [key, echo])),
    }),
    refusal: () => echo,
  };
  const results: CliResult[] = [];
  for (const [kind, body] of Object.entries(answers)) {
    const { env } = await serveScripted(
      ({ path, items }) =>
        path === '/api/v1/bulk' && items[0]?._type !== 'agent_instances/register'
          ? {
              status: kind === 'error' && items.length > 0 ? 200 : 422,
              body: body(items.map(({ idempotency_key: key }) => key)),
            }
          : undefined,
      { token: () => true },
    );
    const args = ['doctor', ...flags];
    const surroundings = { env: { ...env, PREFACTOR_API_TOKEN: odd } };
    results.push(await runCli(args, surroundings), await runCli([...args, '--json'], surroundings));
  }
  const all = results.map(({ stdout, stderr }) => stdout + stderr).join('');
  // As it is, and as JSON and Markdown would have it.
  for (const form of [odd, JSON.stringify(odd).slice(1, -1), odd.replace(/[\\|<]/g, '\\$&')]) {
    expect(all).not.toContain(form);
  }
  expect(all).not.toContain('01k3zxw0000000a1b2c3000000000001');
  if (flags.length > 0) expect(all).toContain('The token (token) of (id)');
});
