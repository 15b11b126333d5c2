// Check (c): a program that ends keeps what it keeps without us, whatever was answered early.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { EmulatorOptions } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { runScript } from '../helpers/child.ts';
import { spanNames } from '../helpers/fetch-harness.ts';
import { certificatePath, identity } from '../helpers/tls/tls.ts';

const register = fileURLToPath(new URL('../../src/fetch/register.ts', import.meta.url));

async function listen(options: EmulatorOptions = {}) {
  const emulator = new Emulator(options);
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return { emulator, url: server.url };
}

/** What a program with an SDK, and a server of its own, leaves there. */
async function keptBy(mode: string, version: string, end: string, finish: string) {
  const { emulator, url } = await listen({ latencyMs: 20 });
  const env = {
    PREFACTOR_API_URL: url,
    PREFACTOR_API_TOKEN: 'test-token',
    PREFACTOR_AUTOBATCH_ANSWER: mode,
    PREFACTOR_LOG_LEVEL: 'ERROR',
  };
  const nodeArgs = mode === 'plain' ? [] : ['--import', register];
  const ended = await runScript('sdk-run.ts', [url, version, end, finish], nodeArgs, env);
  expect(ended.stderr, end).toMatch(end === 'throw' ? /The program has a bug/ : /^$/);
  const { effects, requests } = emulator.report();
  expect([...effects.values()].every((times) => times === 1)).toBe(true);
  if (mode === 'on-accept') expect(requests.all, end).toBeLessThan(10);
  const [run] = Object.values(emulator.snapshot().instances);
  return { code: ended.code, status: run?.['status'], names: spanNames(emulator) };
}

for (const version of ['published', 'later']) {
  for (const finish of ['', 'finish']) {
    const how = finish === '' ? 'without finishing its run' : 'with its run finished';
    // Where a run is finished, its finish has waited for the rest.
    const modes = finish === '' ? ['plain', 'on-result', 'on-accept'] : ['on-accept'];
    test(`the ${version} SDK keeps at each way to end what it keeps without us, ${how}`, async () => {
      for (const end of ['exit', 'throw', 'return', 'beforeExit']) {
        const kept = {
          code: end === 'throw' ? 1 : 0,
          status: finish === '' ? 'active' : 'complete',
          names: Array.from({ length: 20 }, (_, index) => `span ${index}`).sort(),
        };
        const found = await Promise.all(modes.map((mode) => keptBy(mode, version, end, finish)));
        expect(found, end).toEqual(modes.map(() => kept));
      }
      // Up to twelve processes, three at a time.
    }, 180_000);
  }
}

test('calls by reference are sent in their order, with the ids that the API gives', async () => {
  const { emulator, url } = await listen();
  emulator.faults.refuse(({ fields }) => JSON.stringify(fields).includes('"odd"'));
  const ended = await runScript('exit-pending.ts', [url, 'by reference']);
  expect(ended.code).toBe(3);
  expect(ended.stderr).toBe(
    '[prefactor-autobatch] The process has ended with 7 calls pending, and 1 of them did not arrive: 1 refused. Await client.close() before process.exit().\n',
  );
  const [run] = Object.values(emulator.snapshot().instances);
  expect(run).toMatchObject({ status: 'complete', span_counts: { total: 2, complete: 1 } });
  expect(emulator.report().breaches).toEqual([]);
});

test('calls whose id is not known, since the call that makes it is refused for its used key, are told of', async () => {
  const { emulator, url } = await listen({ repeats: 'refuse' });
  emulator.faults.next({ kind: 'dropAfter' });
  const ended = await runScript('exit-pending.ts', [url, 'by reference']);
  expect(Object.keys(emulator.snapshot().instances)).toHaveLength(1);
  expect(ended.stderr).toContain(
    'ended with 7 calls pending, and 6 of them did not arrive: 6 left out, since an id that they need is not known. Await',
  );
});

test('a token that is refused at the end is told of by its status, and not shown', async () => {
  const { url } = await listen({ token: 'another-token' });
  const { stderr } = await runScript('exit-pending.ts', [url, 'by reference']);
  expect(stderr).toContain('and 7 of them did not arrive: 7 not sent (HTTP 401). Await');
  expect(stderr).not.toContain('test-token');
});

for (const way of ['on the command line', 'in NODE_OPTIONS'] as const) {
  test(`what a program trusts by a flag ${way}, the process at its end trusts, too`, async () => {
    const emulator = new Emulator();
    const server = createServer(identity, async (request, response) => {
      const { method = '', url = '', headers } = request;
      const { authorization = '' } = headers;
      const init = { method, headers: { authorization, 'content-type': 'application/json' } };
      const body = await text(request);
      const answer = await emulator.fetch(`https://emulator.test${url}`, { ...init, body });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(await answer.text());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const flag = '--use-openssl-ca';
    const isArgument = way === 'on the command line';
    const ended = await runScript(
      'exit-pending.ts',
      [`https://127.0.0.1:${port}`, 'by reference'],
      isArgument ? [flag, '--no-warnings'] : [],
      {
        SSL_CERT_FILE: certificatePath,
        ...(!isArgument && { NODE_OPTIONS: `${flag} --no-warnings` }),
      },
    );
    expect(ended).toMatchObject({ code: 3, stderr: '' });
    const [run] = Object.values(emulator.snapshot().instances);
    expect(run).toMatchObject({ status: 'complete', span_counts: { total: 3 } });
  });
}

test('batches that are too large, faults that pass and lost answers cost nothing', async () => {
  const { emulator, url } = await listen({ maxItems: 2 });
  emulator.faults.next({ kind: 'status', status: 503 });
  emulator.faults.next({ kind: 'dropAfter' });
  emulator.faults.refuse(({ type }) => type === 'agent_instances/finish', {
    code: 'temporarily_unavailable',
    times: 1,
  });
  const ended = await runScript('exit-pending.ts', [url, 'by reference']);
  expect(ended).toMatchObject({ code: 3, stderr: '' });
  const [run, ...others] = Object.values(emulator.snapshot().instances);
  expect(others).toEqual([]);
  expect(run).toMatchObject({ status: 'complete', span_counts: { total: 3 } });
});

for (const what of ['own fetch', 'replaced fetch', 'no drain']) {
  test(`nothing is sent at the end with ${what}`, async () => {
    const { emulator, url } = await listen();
    const ended = await runScript('exit-pending.ts', [url, what]);
    expect(ended).toMatchObject({ code: 3, stderr: '' });
    expect(emulator.report().requests.all).toBe(0);
  });
}

test('what is pending after uninstall is sent at the end, too', async () => {
  const { emulator, url } = await listen();
  await runScript('exit-pending.ts', [url, 'uninstalled']);
  expect(Object.keys(emulator.snapshot().instances)).toHaveLength(1);
});

test('an end in vain says how many calls were left, without the token', async () => {
  const ended = await runScript('exit-pending.ts', ['http://127.0.0.1:1', 'unreachable']);
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain(
    'ended with 2 calls pending, and 2 of them did not arrive: 2 not sent. Await',
  );
  expect(ended.stderr + ended.stdout).not.toContain('test-token');
});
