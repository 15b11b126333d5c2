// Health is visible. What the log, the events and stats() say of the server.
import { describe, expect, test, vi } from 'vitest';
import type { AutobatchClient, AutobatchOptions } from '../../src/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness, ROUND_TRIP_MS, TOKEN } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { span } from '../helpers/spans.ts';

const always = { times: Number.POSITIVE_INFINITY, on: 'any' } as const;

function warnings(t: Harness): string[] {
  return t.log.entries.filter(([level]) => level === 'warn').map(([, text]) => String(text));
}

/** What its listeners are told of outages, in order. */
function told(client: AutobatchClient): unknown[] {
  const all: unknown[] = [];
  client.on('outage', (detail) => all.push(['outage', detail]));
  client.on('recovery', (detail) => all.push(['recovery', detail]));
  return all;
}

describe('an outage', () => {
  test('is told of at the third failed attempt, once a minute while it lasts, and when it ends', async () => {
    const t = await harness();
    const events = told(t.client);
    t.emulator.faults.next({ kind: 'status', status: 502, body: '' }, always);
    const calls = t.spans('a', 'b');
    while (t.sent.length < 2) await t.pass(1);
    // The third cannot have come back by then, whatever chance makes of the pause before it.
    await t.pass(ROUND_TRIP_MS);
    expect(warnings(t)).toEqual([]);
    expect(t.client.stats().server).toMatchObject({ state: 'failing', cause: 'status 502' });
    await t.pass(1_000);
    expect(warnings(t)).toEqual([
      expect.stringContaining(
        'Nothing usable comes from https://emulator.test: status 502. 2 calls wait.',
      ),
    ]);
    calls.push(t.span('c'));
    await t.pass(150_000);
    expect(warnings(t).slice(1)).toEqual([
      expect.stringMatching(/^Still nothing usable comes .* 3 calls wait\.$/),
      expect.stringMatching(/^Still nothing usable comes .* 3 calls wait\.$/),
    ]);
    t.emulator.faults.clear();
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
    expect(warnings(t).slice(3)).toEqual([
      expect.stringMatching(/^https:\/\/emulator\.test answers again, after \d+\.\d s\.$/),
    ]);
    expect(events).toEqual([
      ['outage', { cause: 'status 502', waiting: 2 }],
      ['recovery', { durationMs: expect.any(Number) }],
    ]);
    expect(t.client.stats().server.state).toBe('answering');
  });

  test('that comes and goes is told of once a minute, and its ends as often', async () => {
    const t = await harness();
    const events = told(t.client);
    for (let times = 0; times < 10; times++) {
      t.emulator.faults.next({ kind: 'dropBefore' }, { times: 3 });
      const call = t.span(`call-${times}`);
      await t.settled();
      expect(await outcomes(call)).toEqual(['ok']);
    }
    expect(events).toHaveLength(20);
    expect(warnings(t)).toEqual([
      expect.stringContaining('Nothing usable comes'),
      expect.stringContaining('answers again'),
    ]);
    await t.pass(60_000);
    t.emulator.faults.next({ kind: 'dropBefore' }, { times: 3 });
    void t.span('later');
    await t.settled();
    expect(warnings(t)).toHaveLength(4);
  });

  test('of two attempts is told to nobody', async () => {
    const t = await harness();
    const events = told(t.client);
    t.emulator.faults.next({ kind: 'dropAfter' }, { times: 2 });
    const a = t.span('a');
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
    expect([warnings(t), events]).toEqual([[], []]);
  });

  test('is in what rejects for it, though it was never sent', async () => {
    const t = await harness({ deliveryTimeoutMs: 30_000 });
    t.emulator.faults.next({ kind: 'status', status: 500 }, always);
    const first = t.span('first');
    await t.pass(20_000);
    const second = t.span('second');
    await t.pass(20_000);
    expect(await failureOf(first)).toMatchObject({ cause: { status: 500 } });
    const closed = t.client.close({ timeoutMs: 1 });
    await t.settled();
    await closed;
    expect(await failureOf(second)).toMatchObject({
      code: 'CLOSED',
      maybeApplied: false,
      message: expect.stringContaining('was not sent (last: status 500, see cause).'),
      cause: { name: 'PrefactorApiError', status: 500 },
    });
  });

  test('in which a listener throws, and the logger makes calls, ends as any other', async () => {
    const t = await harness();
    let lines = 0;
    const client = t.newClient({
      logger: {
        ...t.log,
        warn: () => void client.agentSpans.create(span(`of the logger ${++lines}`)),
      },
    });
    client.on('outage', () => {
      throw new Error('of a listener');
    });
    t.emulator.faults.next({ kind: 'dropBefore' }, { times: 4, on: 'any' });
    const a = client.agentSpans.create(span('a'));
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
    const { accepted, succeeded } = client.stats().ledger;
    // A line of the log for the outage, and one for its end, at least.
    expect(accepted).toBeGreaterThan(2);
    expect(succeeded).toBe(accepted);
  });
});

describe('told at the first attempt', () => {
  const broken: [string, AutobatchOptions, RegExp][] = [
    [
      'a fetch that throws',
      {
        fetch: () => {
          throw new TypeError('nope is not a function');
        },
      },
      /fetch threw: TypeError: nope is not a function\. 1 call waits\./,
    ],
    [
      'a fetch that gives no Response',
      { fetch: async () => ({ ok: true }) as Response },
      /fetch gave no Response: TypeError: fetch has to give a Response, which has a status\. 1/,
    ],
    [
      'a token function that throws',
      { apiToken: () => Promise.reject(new Error('the vault is sealed')) },
      /the apiToken function failed: the vault is sealed\. 1 call waits\./,
    ],
  ];

  test.each(broken)('is %s', async (_, options, words) => {
    const t = await harness({ ...options, deliveryTimeoutMs: 10_000 });
    const events = told(t.client);
    const call = t.span('a');
    await t.settle();
    expect(warnings(t)).toEqual([expect.stringMatching(words)]);
    expect(events).toEqual([['outage', { cause: expect.any(String), waiting: 1 }]]);
    await t.settled();
    expect(await failureOf(call)).toMatchObject({
      code: 'RETRY_EXHAUSTED',
      cause: expect.any(Error),
    });
  });
});

test('a pause that the server asks for is no outage, and shows in stats', async () => {
  const t = await harness();
  const events = told(t.client);
  t.emulator.faults.next({ kind: 'status', status: 429, retryAfterMs: 5_000 }, { times: 4 });
  const a = t.span('a');
  await t.pass(100);
  expect(t.client.stats().server).toEqual({
    state: 'pausing',
    since: new Date(Date.now() - 80),
    cause: expect.stringContaining('status 429'),
  });
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect([warnings(t), events]).toEqual([[], []]);
});

test('a response says why there was no answer', async () => {
  const t = await harness();
  const causes: (string | undefined)[] = [];
  t.client.on('response', ({ cause }) => causes.push(cause));
  t.emulator.faults.next({ kind: 'dropBefore' });
  t.emulator.faults.next({ kind: 'status', status: 200, body: '<html>' });
  t.emulator.faults.next({ kind: 'status', status: 503, body: '' });
  const a = t.span('a');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(causes).toEqual([
    expect.stringContaining('connection failed'),
    'an answer that is no JSON (status 200)',
    'status 503',
    undefined,
  ]);
});

test('a page with status 200 is an outage, for requests and pings alike', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 200, body: '<h1>It works!</h1>' }, always);
  const a = t.span('a');
  await t.pass(60_000);
  // An answered ping would let a request go before each further one.
  expect(t.sent.filter(({ path }) => path.endsWith('/bulk'))).toHaveLength(4);
  expect(t.client.stats().server).toMatchObject({
    state: 'failing',
    cause: 'an answer that is no JSON (status 200)',
  });
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});

test('with PREFACTOR_AUTOBATCH_LOG=debug each request is a line, without the token', async () => {
  vi.stubEnv('PREFACTOR_AUTOBATCH_LOG', 'debug');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const t = await harness({ logger: undefined, batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'status', status: 500, body: `leaked ${TOKEN}` });
  await outcomesOf(t, t.span('a'));
  await outcomesOf(t, t.span('b'));
  const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => /POST/.test(line));
  expect(lines).toEqual([
    expect.stringMatching(
      /POST https:\/\/emulator\.test\/api\/v1\/bulk \(1 item, \d+ bytes\): status 500, after 20 ms\.$/,
    ),
    expect.stringMatching(/status 200, after 20 ms\.$/),
    expect.stringMatching(/status 200, after 20 ms\.$/),
  ]);
  expect(warn.mock.calls.flat().join()).not.toContain(TOKEN);
});

async function outcomesOf(t: Harness, ...calls: readonly Promise<unknown>[]): Promise<string[]> {
  await t.settled();
  return outcomes(...calls);
}
