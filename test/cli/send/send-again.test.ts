// A file that is sent a second time, and lines that can be sent again.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../../src/testing/index.ts';
import { create, finish, ndjson, run } from '../../recordings/actions/lines.ts';
import { fileWith, runCli, serveApi } from '../run-cli.ts';

async function sendTwice(
  options: EmulatorOptions,
  again: readonly string[] = [],
  always: readonly string[] = [],
) {
  const { emulator, env } = await serveApi(options);
  const path = fileWith(ndjson(...run('r', ['a', 'b']), ...run('s', ['a'])));
  const first = await runCli(['send', path, ...always], { env });
  expect(first.code).toBe(0);
  const state = emulator.snapshot();
  const { code, stdout } = await runCli(['send', path, '--json', ...again, ...always], { env });
  return { emulator, state, code, summary: JSON.parse(stdout) };
}

describe('a second time', () => {
  test.each(['client', 'server'] as const)(
    'nothing is doubled, and the API gets the same to the letter (ids: %s)',
    async (ids) => {
      const { emulator, state, code, summary } = await sendTwice(
        { repeats: 'replay' },
        [],
        ['--ids', ids],
      );
      expect({ code, ...summary }).toMatchObject({ code: 0, succeeded: 12 });
      expect(emulator.report().breaches).toEqual([]);
      expect(emulator.snapshot()).toEqual(state);
    },
  );

  test('an API that refuses used keys hides the ids of runs: what needs one was not sent, and that is no success', async () => {
    const { emulator, state, code, summary } = await sendTwice({ repeats: 'refuse' });
    expect({ code, ...summary }).toMatchObject({ code: 1, sentBefore: 2, failed: 10 });
    expect(summary.problems).toEqual([expect.stringMatching(/^10 actions need ids .* --again/)]);
    expect(emulator.snapshot()).toEqual(state);
  });

  test('what names its run by id is known by its own key', async () => {
    const { emulator, env } = await serveApi({ repeats: 'refuse' });
    await runCli(['send', fileWith(ndjson(...run('r', []).slice(0, 1)))], { env });
    const [agent_instance_id = ''] = Object.keys(emulator.snapshot().instances);
    const path = fileWith(ndjson({ type: 'agent_instances/start', agent_instance_id }));
    const codes = [await runCli(['send', path], { env }), await runCli(['send', path], { env })];
    expect(codes.map(({ code }) => code)).toEqual([0, 0]);
    expect(codes[1]?.stdout).toMatch(/^actions +1, 0 succeeded, 1 sent before$/m);
  });

  test('--again makes all of it anew', async () => {
    const { emulator, code } = await sendTwice({}, ['--again', 'once more']);
    expect(code).toBe(0);
    expect(Object.keys(emulator.snapshot().instances)).toHaveLength(4);
  });

  test('what stands on the standard input is another thing each time', async () => {
    const { emulator, env } = await serveApi();
    for (const _time of [1, 2]) {
      const stdin = [ndjson(...run('r', ['a']))];
      expect((await runCli(['send', '-'], { env, stdin })).code).toBe(0);
    }
    expect(Object.keys(emulator.snapshot().instances)).toHaveLength(2);
  });

  test("a line's own key and id hold", async () => {
    const { emulator, env } = await serveApi();
    const idempotency_key = 'a key of my own';
    const [register = {}] = run('r', []);
    const path = fileWith(ndjson(register, { ...create('r', 'a'), idempotency_key }));
    await runCli(['send', path, '--again', 'x'], { env });
    expect(emulator.report().effects.has(idempotency_key)).toBe(true);
  });
});

describe('times', () => {
  const [register = {}] = run('r', []);
  const whole = { ...create('r', 'b', 1_500), status: 'complete' };
  const timed = { ...finish('r', 'a'), timestamp: '2026-01-02T03:04:05.000Z' };
  const file = () => fileWith(ndjson(register, create('r', 'a', 1_000.4), whole, timed));

  async function spansOf(args: readonly string[]) {
    const { emulator, env } = await serveApi();
    expect((await runCli(['send', file(), ...args], { env })).code).toBe(0);
    const [instance] = Object.values(emulator.snapshot().instances);
    return Object.values(instance?.spans ?? {});
  }

  test('are those that were recorded, counted from --start', async () => {
    expect(await spansOf(['--start', '2026-01-02T03:00:00Z'])).toMatchObject([
      { started_at: '2026-01-02T03:00:01.000Z', finished_at: '2026-01-02T03:04:05.000Z' },
      { started_at: '2026-01-02T03:00:01.500Z', finished_at: '2026-01-02T03:00:01.500Z' },
    ]);
  });

  test('without it they count from when the file was made', async () => {
    const before = Date.now();
    const [span] = await spansOf([]);
    const startedAt = Date.parse(String(span?.['started_at']));
    expect(startedAt).toBeGreaterThanOrEqual(before - 1_000);
    expect(startedAt).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('--times sent: an action bears the time at which it is sent', async () => {
    const [, span] = await spansOf(['--times', 'sent', '--speed', '1000']);
    expect(Date.parse(String(span?.['started_at']))).toBeLessThanOrEqual(Date.now());
  });

  test('large ones count from 1970', async () => {
    const { emulator, env } = await serveApi();
    const t = Date.UTC(2026, 1, 3);
    const path = fileWith(ndjson(...run('r', ['a'], t)));
    expect((await runCli(['send', path], { env })).code).toBe(0);
    const [instance] = Object.values(emulator.snapshot().instances);
    expect(instance?.['finished_at']).toBe('2026-02-03T00:00:00.000Z');
  });
});

test('a time that is far off is the last that can be written', async () => {
  const { emulator, env } = await serveApi();
  const lines = run('r', ['a'], 253_402_300_000_000).slice(0, 3);
  const path = fileWith(ndjson(...lines, { ...finish('r', 'a'), t: 253_402_300_799_999 }));
  const { code } = await runCli(['send', path, '--start', '9999-12-31T23:59:59Z'], { env });
  expect(code).toBe(0);
  const [instance] = Object.values(emulator.snapshot().instances);
  const [span] = Object.values(instance?.spans ?? {});
  expect(span?.['finished_at']).toBe('9999-12-31T23:59:59.999Z');
});

describe('--failed', () => {
  test('has what can be sent again, by itself', async () => {
    const { emulator, env } = await serveApi();
    emulator.faults.refuse(
      ({ type, fields }) => type === 'agent_spans/create' && spanIs(fields, 'b'),
    );
    const lines = [
      ...run('r', []).slice(0, 2),
      { ...create('r', 'a'), payload: { name: 'a' } },
      { ...create('r', 'b'), parent: 'a', payload: { name: 'b' } },
      finish('r', 'b'),
      finish('r', 'a'),
    ];
    const path = fileWith(`nonsense\n${ndjson(...lines)}`);
    const failed = join(dirname(path), 'failed.ndjson');
    const first = await runCli(['send', path, '--failed', failed], { env });
    expect(first.code).toBe(1);
    expect(first.stdout).toContain(`3 lines to be sent again: ${failed}\n`);
    const [bad, ...rest] = readFileSync(failed, 'utf8').trimEnd().split('\n');
    expect(bad).toBe('nonsense');
    expect(rest.map((line) => JSON.parse(line))).toMatchObject([lines[3], lines[4]]);

    emulator.faults.clear();
    const again = fileWith(rest.map((line) => `${line}\n`).join(''));
    const { code, stdout } = await runCli(['send', again], { env });
    expect(stdout).toMatch(/^actions +2, 2 succeeded$/m);
    expect(code).toBe(0);
    const [instance] = Object.values(emulator.snapshot().instances);
    expect(instance).toMatchObject({ span_counts: { total: 2, complete: 2 } });
  });

  test('what may have been done keeps its key', async () => {
    const { emulator, env } = await serveApi();
    for (let request = 0; request < 50; request++) emulator.faults.next({ kind: 'dropAfter' });
    const interruption = new AbortController();
    const path = fileWith(ndjson(...run('r', []).slice(0, 1)));
    const failed = join(dirname(path), 'failed.ndjson');
    const sending = runCli(['send', path, '--failed', failed], {
      env,
      interrupted: interruption.signal,
      onText: () => interruption.abort(),
    });
    expect((await sending).code).toBe(130);
    const [key] = emulator.report().effects.keys();
    expect(JSON.parse(readFileSync(failed, 'utf8'))).toMatchObject({ idempotency_key: key });
  });

  test('what may have been sent before keeps its key', async () => {
    const { env } = await serveApi({ repeats: 'refuse' });
    const path = fileWith(ndjson(...run('r', []).slice(0, 2)));
    await runCli(['send', path], { env });
    const failed = join(dirname(path), 'failed.ndjson');
    expect((await runCli(['send', path, '--failed', failed], { env })).code).toBe(1);
    expect(JSON.parse(readFileSync(failed, 'utf8'))).toMatchObject({
      type: 'agent_instances/start',
      idempotency_key: expect.any(String),
    });
  });

  test('never writes over a file', async () => {
    const { env } = await serveApi();
    const path = fileWith(ndjson(...run('r', ['a'])));
    const { code, stderr } = await runCli(['send', path, '--failed', path], { env });
    expect(code).toBe(1);
    expect(stderr).toContain(`"${path}" exists already; name another file for --failed.`);
  });
});

function spanIs(item: object, name: string): boolean {
  return JSON.stringify(item).includes(`"name":"${name}"`);
}
