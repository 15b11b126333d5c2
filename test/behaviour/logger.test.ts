// Who hears of failures, and what the logger is never given.
import { describe, expect, test, vi } from 'vitest';
import { harness, TOKEN } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { keyOf } from '../helpers/spans.ts';

test('where nobody listens, at most one warning a minute, with counts by class', async () => {
  const t = await harness();
  t.refuse('a');
  t.refuse('b', { code: 'not_found' });
  t.refuse('c');
  void t.span('a');
  await t.settled();
  void t.spans('b', 'c');
  await t.settled();
  expect(t.log.entries.filter(([level]) => level === 'warn')).toHaveLength(1);
  await t.pass(60_000);
  t.refuse('d');
  void t.span('d');
  await t.settled();
  const warnings = t.log.entries.filter(([level]) => level === 'warn').map(([, text]) => text);
  expect(warnings).toEqual([
    expect.stringMatching(
      /Calls failed so far: 1 × PrefactorValidationError\. The first: .*key-of-a/,
    ),
    expect.stringMatching(/1 × PrefactorNotFoundError, 2 × PrefactorValidationError/),
  ]);
});

test('where somebody listens to failure, the log stays silent', async () => {
  const t = await harness();
  t.client.on('failure', () => {});
  t.refuse('a');
  void t.span('a');
  await t.settled();
  expect(t.log.entries.filter(([level]) => level === 'warn')).toEqual([]);
});

test('it hears of keys, types, attempts and reasons; never of a payload or a token', async () => {
  const t = await harness({ headers: { 'x-secret': 'header-secret' }, retry: { limit: 2 } });
  t.emulator.faults.next({ kind: 'dropBefore' });
  t.refuse('a', { message: 'No.', errors: { payload: ['swordfish'] } });
  t.refuse('b', { code: 'unexpected' });
  const payload = { secret: 'swordfish' };
  void t.span('a', { payload });
  void t.span('b', { payload, resultPayload: payload });
  void t.span('c', { payload });
  void t.span('d', { payload, status: 5 as never });
  await t.settled();
  await t.pass(60_000);
  t.refuse('e');
  void t.span('e');
  await t.settled();
  const said = JSON.stringify(t.log.entries);
  expect(said).toContain(keyOf('b'));
  expect(said).toContain('agent_spans/create');
  expect(said).toContain('"reason":"lost"');
  for (const secret of ['swordfish', TOKEN, 'header-secret']) expect(said).not.toContain(secret);
});

test('logger: false is silence, also on the console', async () => {
  const said = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
  const t = await harness({ logger: false });
  t.refuse('a');
  void t.span('a');
  await t.settled();
  for (const method of said) expect(method).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test('by default warnings go to the console', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const t = await harness({ logger: undefined });
  t.refuse('a');
  void t.span('a');
  await t.settled();
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]?.[0]).toMatch(/^\[prefactor-autobatch\] Calls failed so far: 1 ×/);
  vi.restoreAllMocks();
});

test('a logger that throws harms nothing', async () => {
  const angry = () => {
    throw new Error('disk full');
  };
  const t = await harness({ logger: { debug: angry, info: angry, warn: angry, error: angry } });
  t.refuse('a');
  const [, b] = t.spans('a', 'b');
  await t.settled();
  expect(await b).toBeDefined();
});

describe('what JSON writes as {}, though it holds something,', () => {
  const payload = { error: new Error('secret'), seen: new Set(['secret']) };

  test('is one line of debug, with key, type and places, and no value', async () => {
    const t = await harness();
    const call = t.span('a', { payload });
    expect(t.log.entries).toEqual([
      [
        'debug',
        'JSON writes {} for what is no plain object: copy what you need of it into one.',
        {
          key: keyOf('a'),
          type: 'agent_spans/create',
          emptied: ['details.payload.error is an Error', 'details.payload.seen is a Set'],
        },
      ],
    ]);
    await t.settled();
    expect(await outcomes(call)).toEqual(['ok']);
    expect(t.actions()[0]?.['details']).toMatchObject({ payload: { error: {}, seen: {} } });
  });

  test('is not looked for where nobody reads of it', async () => {
    const looks: number[] = [];
    for (const logger of [false, undefined, recordingLogger()] as const) {
      let times = 0;
      const counting = new Proxy(new Map(), {
        ownKeys: (map) => {
          times++;
          return Reflect.ownKeys(map);
        },
      });
      const t = await harness({ logger });
      void t.span('a', { payload: { counting } });
      looks.push(times);
      await t.settled();
      await t.end();
    }
    const [silent, usual, read] = looks;
    expect(usual).toBe(silent);
    expect(read).toBeGreaterThan(Number(usual));
  });
});
