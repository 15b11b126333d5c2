// The command `emulator`: a server, a line for each request, a summary at the end.

import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../../src/index.ts';
import { Emulator } from '../../../src/testing/index.ts';
import type { CliResult } from '../run-cli.ts';
import { fileWith, runCli } from '../run-cli.ts';

interface Listening {
  readonly apiUrl: string;
  readonly apiToken: string;
  /** As Ctrl-C does. Gives all that was printed. */
  interrupt(): Promise<CliResult>;
}

async function listening(...options: readonly string[]): Promise<Listening> {
  const controller = new AbortController();
  let heard = (_text: string): void => {};
  const first = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const ended = runCli(['emulator', ...options], { interrupted: controller.signal, onText: heard });
  const interrupt = (): Promise<CliResult> => {
    controller.abort();
    return ended;
  };
  onTestFinished(async () => void (await interrupt()));
  const text = await first;
  const [, apiUrl = ''] = /export PREFACTOR_API_URL=(\S+)/.exec(text) ?? [];
  const [, apiToken = ''] = /export PREFACTOR_API_TOKEN=(\S+)/.exec(text) ?? [];
  return { apiUrl, apiToken, interrupt };
}

/** The lines of requests, without the time of day, bytes and milliseconds. */
function linesOf(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => /^\d\d:\d\d:\d\d\.\d{3} {2}/.test(line))
    .map((line) => line.slice(14).replace(/ {2}[\d.]+ k?B {2}[\d,]+ ms/, ''));
}

function post({ apiUrl, apiToken }: Listening, items: readonly unknown[]): Promise<Response> {
  return fetch(`${apiUrl}/api/v1/bulk`, {
    method: 'POST',
    body: JSON.stringify({ items }),
    headers: {
      authorization: `Bearer ${apiToken}`,
      'content-type': 'application/json',
      'x-prefactor-sdk': 'a-test@1.0.0',
    },
  });
}

function register(key: string): Readonly<Record<string, string>> {
  return { _type: 'agent_instances/register', idempotency_key: key };
}

function start(key: string): Readonly<Record<string, string>> {
  const id = '01k3zxw0000000a1b2c300000000000z';
  return { _type: 'agent_instances/start', idempotency_key: key, agent_instance_id: id };
}

test('it prints the environment that makes a client use it, and a line for each request', async () => {
  const emulator = await listening();
  const { apiUrl, apiToken } = emulator;
  const client = new AutobatchClient({ apiUrl, apiToken });
  await client.agentInstances.start(client.agentInstances.register({}));
  await client.close();
  expect(apiToken).toBe('test-token');
  const { code, stdout, stderr } = await emulator.interrupt();
  const line = 'POST /api/v1/bulk  200  1 item: 1 succeeded';
  expect(linesOf(stdout)).toEqual([line, line]);
  expect(stdout).toMatch(/requests {2}2, 2 bulk, \d+ B\nitems {5}2, /);
  expect(stdout).toContain('faults    none\nbreaches  none\n');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('to a plain fetch it says which token to use, and nothing else is wrong with it', async () => {
  const emulator = await listening();
  const send = (authorization: string) =>
    fetch(`${emulator.apiUrl}/api/v1/agent_instance/register`, {
      method: 'POST',
      body: '{}',
      headers: { authorization, 'content-type': 'application/json' },
    });
  const refused = await send('Bearer mine');
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({
    message:
      'The token is not valid: this emulator takes "test-token", as apiToken or PREFACTOR_API_TOKEN',
  });
  expect((await send(`Bearer ${emulator.apiToken}`)).status).toBe(200);
  expect((await emulator.interrupt()).stdout).toContain('breaches  none\n');
});

test('a line tells what failed, what was not reached, and what came from the store', async () => {
  const emulator = await listening();
  await post(emulator, [register('key-00001'), start('key-00002'), register('key-00003')]);
  await post(emulator, [register('key-00001'), register('key-00003')]);
  const { stdout } = await emulator.interrupt();
  expect(linesOf(stdout)).toEqual([
    'POST /api/v1/bulk  200  3 items: 1 succeeded, 1 failed, 1 skipped',
    'POST /api/v1/bulk  200  2 items: 2 succeeded (1 from the store)',
  ]);
});

test('a fault that fires is named, and a broken connection is called dropped', async () => {
  const emulator = await listening('--faults', 'dropAfter=1');
  await expect(post(emulator, [register('key-00001')])).rejects.toThrow(TypeError);
  const { stdout } = await emulator.interrupt();
  expect(stdout).toMatch(
    /POST \/api\/v1\/bulk {2}dropped {2}1 item: 1 succeeded .* fault: dropAfter\n/,
  );
  expect(stdout).toContain('faults    dropAfter 1\n');
});

test('a breach of the contract stands below its request, and in the summary', async () => {
  const emulator = await listening();
  for (let i = 0; i < 12; i++) await post(emulator, []);
  const { stdout } = await emulator.interrupt();
  expect(stdout).toMatch(
    /POST \/api\/v1\/bulk {2}422 .*\n {2}breach: A bulk request without items\n/,
  );
  expect(stdout).toContain('breaches  12\n  Request 1: A bulk request without items\n');
  expect(stdout).toContain('  and 2 more\n');
});

test('a field that the API does not know is named below its request', async () => {
  const emulator = await listening();
  await post(emulator, [{ ...register('key-00001'), colour: 'red' }]);
  const { stdout } = await emulator.interrupt();
  expect(stdout).toMatch(/ 1 succeeded .*\n {2}unknown field: agent_instances\/register: colour\n/);
  expect(stdout).toContain('unknown   1 fields\n');
});

test('another token is refused, and not shown', async () => {
  const emulator = await listening();
  await post({ ...emulator, apiToken: 'wrong-t0ken' }, [register('key-00001')]);
  const { stdout } = await emulator.interrupt();
  expect(linesOf(stdout)).toEqual(['POST /api/v1/bulk  401  1 item']);
  expect(stdout).not.toContain('wrong-t0ken');
});

test.each([
  ['a list of rates', 'status=1'],
  ['a JSON text', '{"rates":{"status":1},"statuses":[418]}'],
])('the plan may be %s', async (_what, plan) => {
  const emulator = await listening('--faults', plan);
  await post(emulator, [register('key-00001')]);
  const { stdout } = await emulator.interrupt();
  expect(stdout).toMatch(plan.includes('418') ? / {2}418 .* fault: status\n/ : / fault: status\n/);
});

test('the plan may be a file of JSON', async () => {
  const path = fileWith(
    '{"rates":{"itemPermanent":1},"permanent":{"code":"my_code"}}',
    'plan.json',
  );
  const emulator = await listening('--faults', `@${path}`);
  const answer = await post(emulator, [register('key-00001')]);
  expect(await answer.json()).toMatchObject({ outputs: { 'key-00001': { code: 'my_code' } } });
});

test('the same seed has the same faults', async () => {
  const fates = async (seed: string): Promise<number[]> => {
    const emulator = await listening('--seed', seed, '--faults', 'status=0.5');
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) {
      statuses.push((await post(emulator, [register(`key-${10_000 + i}`)])).status);
    }
    return statuses;
  };
  const first = await fates('7');
  expect(await fates('7')).toEqual(first);
  expect(await fates('8')).not.toEqual(first);
});

test('a port that is taken is one sentence', async () => {
  await using server = await new Emulator().listen();
  const { code, stdout, stderr } = await runCli(['emulator', '--port', `${server.port}`]);
  expect(stderr).toBe(
    `prefactor-autobatch: Port ${server.port} is taken. Name another one with --port, or none for a free one.\n`,
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test.each([
  ['statu=0.1', 'Of the plan, rates.statu is not known here; the nearest is status.'],
  ['dropbefore=0.1', 'Of the plan, rates.dropbefore is not known here; the nearest is dropBefore.'],
  ['status', 'Of the plan, rates.status must be a number from 0 to 1, but it is NaN.'],
  ['status=2', 'Of the plan, rates.status must be a number from 0 to 1, but it is 2.'],
  ['status=0.1=0.2', 'Of the plan, rates.status must be a number from 0 to 1, but it is NaN.'],
  ['status=0.1,status=0.2', '"status" is given twice.'],
  [
    'status=0.6,delay=0.6',
    'Of the plan, rates of what befalls a request add up to 1.20, which is above 1.',
  ],
  [
    'status=0.1,on=singel',
    `Of the plan, on must be a kind of request, or a single endpoint, but it is "singel"; the nearest is 'single'.`,
  ],
  ['null', 'Of the plan, rates.null is not known here'],
  ['{"rates":[]}', 'Of the plan, rates must be an object, but it is an array.'],
  [
    '{"rates":{"status":"1"}}',
    'Of the plan, rates.status must be a number from 0 to 1, but it is "1".',
  ],
  ['{"rates":{},"seed":1.5}', 'Of the plan, seed must be an integer'],
  ['{"rates":', 'The plan is no JSON.'],
  ['{"rates":{"stats":1}}', 'Of the plan, rates.stats is not known here; the nearest is status.'],
  ['{"rate":{}}', 'Of the plan, rate is not known here; the nearest is rates.'],
  [
    '{"rates":{},"statuses":[]}',
    'Of the plan, statuses must be a list of statuses from 200 to 599, but it is an array.',
  ],
  ['@no-such-file.json', 'The file "no-such-file.json" cannot be read.'],
])('of the plan %s it says what is wrong', async (plan, sentence) => {
  const { code, stdout, stderr } = await runCli(['emulator', '--faults', plan]);
  expect(stderr).toContain(`prefactor-autobatch: --faults: ${sentence}`);
  expect(stderr.split('\n')).toHaveLength(2);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('a plan may be for the single endpoints', async () => {
  const emulator = await listening('--faults', 'status=1,on=agent_instances/register');
  expect((await post(emulator, [register('key-00001')])).status).toBe(200);
  const single = await fetch(`${emulator.apiUrl}/api/v1/agent_instance/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.apiToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(single.status).toBeGreaterThanOrEqual(429);
});

test('rates that add up to 1 but for a rounding error are not above 1', async () => {
  const rates = [0.2, 0.4, 0.3, 0.1];
  expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeGreaterThan(1);
  const names = ['delay', 'dropBefore', 'dropAfter', 'dropMiddle'];
  const plan = names.map((name, i) => `${name}=${rates[i]}`).join(',');
  const emulator = await listening('--faults', `${plan},itemTransient=0.5`);
  expect((await emulator.interrupt()).code).toBe(0);
});

test('after its end nobody answers at the port', async () => {
  const emulator = await listening();
  await emulator.interrupt();
  await expect(post(emulator, [])).rejects.toThrow(TypeError);
});

test('it takes options only', async () => {
  const { code, stderr } = await runCli(['emulator', '4010']);
  expect(stderr).toContain('It takes options only, not "4010".');
  expect(code).toBe(2);
});
