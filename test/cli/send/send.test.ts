import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { identity } from '../../helpers/tls/tls.ts';
import { create, finish, ndjson, run } from '../../recordings/actions/lines.ts';
import { listen } from '../../transport/servers.ts';
import { fileWith, openInput, runCli, serveApi, TOKEN } from '../run-cli.ts';

const names = (count: number, prefix = 's') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test('each action becomes a call, and the summary says what became of them', async () => {
  const { emulator, env } = await serveApi();
  const path = fileWith(ndjson(...run('r', names(100))));
  const { code, stdout, stderr } = await runCli(['send', path], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`${path} to ${env['PREFACTOR_API_URL']}\n`);
  expect(stdout).toMatch(/^actions +203, 203 succeeded$/m);
  expect(stdout).toMatch(/^latency +p50 [\d.]+ m?s, p99 [\d.]+ m?s$/m);
  expect(stdout).toMatch(/^books +accepted 203 = succeeded 203$/m);
  const [instance] = Object.values(emulator.snapshot().instances);
  expect(instance).toMatchObject({ status: 'complete', span_counts: { complete: 100 } });
  expect(emulator.report().breaches).toEqual([]);
});

test('--json gives the summary as JSON, and nothing else', async () => {
  const { emulator, env } = await serveApi();
  const path = fileWith(gzipSync(ndjson(...run('r', ['a']))));
  const { code, stdout } = await runCli(['send', path, '--json'], { env });
  expect(code).toBe(0);
  const { requests, bytes } = emulator.report();
  const summary = JSON.parse(stdout);
  expect(Object.keys(summary).slice(0, 5)).toEqual([
    'file',
    'apiUrl',
    'emulated',
    'complete',
    'actions',
  ]);
  expect(summary).toEqual({
    file: path,
    apiUrl: env['PREFACTOR_API_URL'],
    emulated: false,
    complete: true,
    actions: 5,
    succeeded: 5,
    sentBefore: 0,
    failed: 0,
    badLines: 0,
    needBadLines: 0,
    skipped: 0,
    leftOpen: { runs: 0, spans: 0 },
    requests: requests.bulk,
    meanBatchSize: 5 / requests.bulk,
    bytes,
    wallMs: expect.any(Number),
    actionsPerSecond: expect.any(Number),
    latencyMs: { p50: expect.any(Number), p99: expect.any(Number) },
    ledger: {
      accepted: 5,
      succeeded: 5,
      refused: 0,
      notAttempted: 0,
      inDoubt: 0,
      cancelled: 0,
      pending: 0,
      declined: 0,
    },
    failures: [],
    problems: [],
  });
});

test('--emulate needs no account', async () => {
  const path = fileWith(ndjson(...run('r', ['a'])));
  const { code, stdout } = await runCli(['send', path, '--emulate', '--rtt', '0', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ emulated: true, actions: 5, succeeded: 5 });
});

test('the options of the client are passed on', async () => {
  const { emulator, env } = await serveApi();
  const path = fileWith(ndjson(...run('r', names(20))));
  const options = ['--max-items', '7', '--concurrency', '1', '--window', '0', '--ids', 'server'];
  const { code } = await runCli(['send', path, ...options], { env });
  expect(code).toBe(0);
  const { batches, peakInFlight } = emulator.report();
  expect(Math.max(...batches.map(({ keys }) => keys.length))).toBe(7);
  expect(peakInFlight).toBe(1);
});

test('runs of an account are registered for the agent and environment that it names', async () => {
  const { emulator, env } = await serveApi({ tokenKind: 'account' });
  const path = fileWith(ndjson(...run('r', ['a'])));
  const without = await runCli(['send', path], { env });
  expect(without.code).toBe(1);
  const { code } = await runCli(['send', path], {
    env: { ...env, PREFACTOR_AGENT_ID: 'agent-1', PREFACTOR_ENVIRONMENT_ID: 'environment-1' },
  });
  expect(code).toBe(0);
  const made = Object.values(emulator.snapshot().instances);
  expect(made).toMatchObject([{ agent_id: 'agent-1', environment_id: 'environment-1' }]);
});

describe('what fails is told by class, with the first lines', () => {
  test('refused actions, and what needed them', async () => {
    const { emulator, env } = await serveApi();
    emulator.faults.refuse(({ type }) => type === 'agent_spans/create');
    const path = fileWith(ndjson(...run('r', names(5))));
    const { code, stdout } = await runCli(['send', path], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^actions +13, 3 succeeded, 10 failed$/m);
    expect(stdout).toMatch(
      /^5 x PrefactorValidationError \(validation_errors\)\n {2}line 3, agent_spans\/create, run "r", span "s0": .+\n {4}.+\n {2}line 4, .+\n {4}.+\n {2}line 5, .+\n {4}.+\n {2}and 2 more$/m,
    );
    expect(stdout).toMatch(
      /^5 x PrefactorDependencyError, for want of what failed above\n {2}line 8, agent_spans\/finish, run /m,
    );
  });

  test('bad lines, and lines that name what is not there', async () => {
    const { env } = await serveApi();
    const path = fileWith(
      `nonsense\n${ndjson(...run('r', ['a']), create('r', 'late'), create('elsewhere', 'b'), finish('elsewhere', 'b'))}`,
    );
    const { code, stdout } = await runCli(['send', path, '--json'], { env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      actions: 5,
      succeeded: 5,
      badLines: 3,
      needBadLines: 1,
      failures: [
        {
          kind: 'bad line',
          isConsequence: false,
          count: 3,
          examples: [
            { line: 1, message: 'This is no line of JSON.' },
            {
              line: 7,
              message: 'It names the run "r", which no earlier line registers, or which has ended.',
            },
            {
              line: 8,
              message:
                'It names the run "elsewhere", which no earlier line registers, or which has ended.',
            },
          ],
        },
        { kind: 'needs a bad line', isConsequence: true, count: 1, examples: [{ line: 9 }] },
      ],
    });
  });

  test('a span that was never created', async () => {
    const { env } = await serveApi();
    const [register = {}, start = {}] = run('r', []);
    const path = fileWith(ndjson(register, start, finish('r', 'ghost')));
    const { code, stdout } = await runCli(['send', path], { env });
    expect(code).toBe(1);
    expect(stdout).toContain(
      '  line 3: It names the span "ghost", which no earlier line creates.\n',
    );
  });

  test("what is invalid is told by the file's own names", async () => {
    const { env } = await serveApi();
    const [register = {}] = run('r', []);
    const long = 'x'.repeat(300);
    const path = fileWith(ndjson({ ...register, payload: { external_identifier: long } }));
    const { code, stdout } = await runCli(['send', path], { env });
    expect(code).toBe(1);
    expect(stdout).toContain('external_identifier must be a string of 1 to 200 characters');
  });

  test('a file without an action', async () => {
    const { env } = await serveApi();
    const { code, stdout } = await runCli(['send', fileWith('\n')], { env });
    expect(code).toBe(1);
    expect(stdout).toContain('There was no action in it.\n');
  });

  test('a file that ends too early: what was read is sent', async () => {
    const { env } = await serveApi();
    const packed = gzipSync(ndjson(...run('r', names(2_000))), { level: 0 });
    const path = fileWith(packed.subarray(0, packed.length - 4), 'cut.gz');
    const { code, stdout } = await runCli(['send', path, '--json'], { env });
    expect(code).toBe(1);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ complete: false, failed: 0 });
    expect(summary.succeeded).toBeGreaterThan(0);
    expect(summary.problems).toEqual([
      expect.stringMatching(/cut\.gz cannot be read after line \d+/),
    ]);
  });
});

describe('what keeps it from sending anything is one sentence', () => {
  const path = () => fileWith(ndjson(...run('r', ['a'])));

  test('no token', async () => {
    const { code, stderr } = await runCli(['send', path()]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'prefactor-autobatch: The environment variable PREFACTOR_API_TOKEN is not set. See: prefactor-autobatch send --help\n',
    );
  });

  test.each([401, 403])('a token that is refused (%i)', async (status) => {
    const { emulator, env } = await serveApi();
    emulator.faults.next({ kind: 'status', status }, { on: 'ping' });
    const { code, stdout, stderr } = await runCli(['send', path()], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `prefactor-autobatch: The API at ${env['PREFACTOR_API_URL']} refuses the token (${status}). Is PREFACTOR_API_TOKEN the one of this API, and not suspended?\n`,
    );
    expect(emulator.report().requests.bulk).toBe(0);
  });

  test.each([
    [503, 'is not able to answer now (503). Try it again later.'],
    [404, 'is not the Prefactor API (404 to a ping). Is the URL right?'],
    [302, 'is not the Prefactor API (302 to a ping). Is the URL right?'],
  ])('an answer of %i', async (status, end) => {
    const { emulator, env } = await serveApi();
    emulator.faults.next({ kind: 'status', status }, { on: 'ping' });
    const { code, stderr } = await runCli(['send', path()], { env });
    expect(code).toBe(1);
    expect(stderr.endsWith(`${end}\n`)).toBe(true);
  });

  test('a certificate that nobody vouches for is named as that', async () => {
    const { port } = await listen(createSecureServer(identity));
    const { code, stderr } = await runCli(
      ['send', path(), '--api-url', `https://127.0.0.1:${port}`],
      {
        env: { PREFACTOR_API_TOKEN: TOKEN },
      },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).');
  });

  test('a page in the place of the API', async () => {
    const page = createServer((_request, response) => void response.end('<html>Welcome</html>'));
    const { port } = await listen(page);
    const { code, stderr } = await runCli(
      ['send', path(), '--api-url', `http://127.0.0.1:${port}`],
      {
        env: { PREFACTOR_API_TOKEN: TOKEN },
      },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('is not the Prefactor API (200 to a ping, without JSON).');
  });

  test('nobody there', async () => {
    const { env } = await serveApi();
    const { emulator, env: gone } = await serveApi();
    emulator.faults.next({ kind: 'dropBefore' }, { on: 'ping' });
    const { code, stderr } = await runCli(['send', path()], { env: { ...env, ...gone } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `prefactor-autobatch: There is no usable answer at ${gone['PREFACTOR_API_URL']} (UND_ERR_SOCKET). Is the API's URL right, and the network up?\n`,
    );
  });

  test.each([
    ['ftp://127.0.0.1', 'must be an absolute URL that begins with https://'],
    // No advice names an option that the command lacks.
    [
      'http://api.example',
      'must begin with https://, since http: would show the token to the network on its way to api.example. See',
    ],
    ['https://me:secret@api.example', 'must not hold a user name or password. See'],
  ])('an address that cannot be it: %s', async (url, says) => {
    const env = { PREFACTOR_API_TOKEN: TOKEN };
    const { code, stderr } = await runCli(['send', path(), '--api-url', url], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(`--api-url ${says}`);
  });

  test('a token that no header can hold is never shown', async () => {
    const { env } = await serveApi();
    const token = 'secret\nsecret';
    const { code, stdout, stderr } = await runCli(['send', path()], {
      env: { ...env, PREFACTOR_API_TOKEN: token },
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('secret');
  });

  test.each([
    [[], 'Name an action file, or - for the standard input.'],
    [['a', 'b'], 'One file at a time.'],
    [
      ['a', '--emulate', '--api-url', 'https://x.example'],
      '--emulate and --api-url exclude each other.',
    ],
    [['a', '--rtt', '5'], '--rtt is the round trip of the emulator, and needs --emulate.'],
  ])('a command line that cannot be meant: %j', async (args, sentence) => {
    const { code, stderr } = await runCli(['send', ...args]);
    expect(code).toBe(2);
    expect(stderr).toBe(`prefactor-autobatch: ${sentence} See: prefactor-autobatch send --help\n`);
  });
});

test('what is not due yet is not sent, and Ctrl-C ends the wait', async () => {
  const { emulator, env } = await serveApi();
  const interruption = new AbortController();
  const [register = {}, ...rest] = run('r', ['a']);
  const inAnHour = rest.map((action) => ({ ...action, t: 3_600_000 }));
  const path = fileWith(ndjson(register, ...inAnHour));
  emulator.faults.next({ kind: 'delay' });
  const ended = runCli(['send', path, '--speed', '1', '--json'], {
    env,
    interrupted: interruption.signal,
  });
  await untilAnswered(emulator);
  interruption.abort();
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({
    complete: false,
    actions: 1,
    succeeded: 1,
    problems: ['Interrupted before it was through.'],
  });
});

test('Ctrl-C ends the reading of an input that stays open', async () => {
  const { emulator, env } = await serveApi();
  const interruption = new AbortController();
  const stdin = openInput();
  const ended = runCli(['send', '-', '--json'], { env, stdin, interrupted: interruption.signal });
  stdin.write(ndjson(...run('r', ['a'])));
  await untilAnswered(emulator);
  interruption.abort();
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ actions: 5, complete: false });
});

test('while nothing moves it says why, and since when, once', async () => {
  const { emulator, env } = await serveApi();
  for (let pause = 0; pause < 3; pause++) {
    emulator.faults.next({ kind: 'status', status: 429, retryAfterMs: 1 });
  }
  for (let loss = 0; loss < 4; loss++) emulator.faults.next({ kind: 'dropBefore' });
  const path = fileWith(ndjson(...run('r', ['a'])));
  const { code, stderr } = await runCli(['send', path], { env });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^The API asks for a pause of [\d.]+ ms \(429\)\.\nNo usable answer from the API at [\d:]{8}: .*(socket|SOCKET).*\. Trying again\.\nThe API answers again, after [\d.]+ m?s\.\n$/,
  );
});

test('a person sees a bar, which is gone at the end; the summary goes elsewhere', async () => {
  const { env } = await serveApi();
  const path = fileWith(ndjson(...run('r', names(50))));
  const { code, stdout, stderr } = await runCli(['send', path], { env, isTTY: true });
  expect(code).toBe(0);
  expect(stderr).toMatch(/[#.]{24} +\d+ % {2}[\d,]+ actions, \d+ requests, \d+ pending/);
  expect(stdout).toMatch(/^actions +103, 103 succeeded$/m);
});

/** Resolves once a bulk request has been answered. */
async function untilAnswered(emulator: Awaited<ReturnType<typeof serveApi>>['emulator']) {
  while (!emulator.report().batches.some(({ status }) => status === 200)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
