// A client that outlives a test with fake timers: whatever it had set with them is gone with them.
import { install } from '@sinonjs/fake-timers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AutobatchOptions } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { INSTANCE, span } from '../helpers/spans.ts';

const { setImmediate } = globalThis;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** What vitest fakes unless it is told otherwise, and what Jest and sinon do. */
const vitests = [
  ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
  ...(['setImmediate', 'clearImmediate', 'Date', 'performance'] as const),
];
const jests = [...vitests, 'hrtime', 'nextTick', 'queueMicrotask'] as const;

type Installed = ReturnType<typeof install>;
let installed: Installed | undefined;

/** Puts a test's clock in place, instead of the last one. */
function fake(toFake: readonly (typeof jests)[number][] = vitests): Installed {
  installed?.uninstall();
  installed = install({ now: 1_790_000_000_123, toFake: [...toFake] });
  return installed;
}

function unfake(): void {
  installed?.uninstall();
  installed = undefined;
}

afterEach(unfake);

/** A client of a server that answers, unless it is `stuck` for a while. */
function clientWith(options: AutobatchOptions = {}) {
  const emulator = new Emulator({ strict: true });
  const log = recordingLogger();
  const state = { stuck: 0, sent: 0 };
  const client = new AutobatchClient({
    apiToken: 'test-token',
    logger: log,
    fetch: (request) => {
      state.sent++;
      if (state.stuck-- > 0) return new Promise(() => {});
      return emulator.fetch(request);
    },
    ...options,
  });
  const create = (name: string) =>
    client.agentInstances.register({ idempotencyKey: `key of ${name}` });
  const batches = () =>
    emulator.report().batches.map(({ keys }) => keys.map((key) => key.slice(7)));
  return { client, emulator, log, state, create, batches };
}

describe('a call that was made under fake timers', () => {
  test.each([
    ['of vitest', vitests],
    ['of Jest and sinon', jests],
  ])('%s leaves at the end of its tick, and so do those after it', async (_, toFake) => {
    const { client, create } = clientWith();
    fake(toFake);
    const during = create('a');
    for (const _ of Array(5)) await Promise.resolve();
    unfake();
    expect(await outcomes(during, create('b'), create('c'))).toEqual(['ok', 'ok', 'ok']);
    await client.close();
  });

  test('in a window of milliseconds leaves when that is over by the clock that follows', async () => {
    const { client, create, batches } = clientWith({ batch: { window: 30 } });
    fake();
    const during = create('a');
    const next = fake();
    const after = create('b');
    await next.tickAsync(30);
    expect(await outcomes(during, after)).toEqual(['ok', 'ok']);
    expect(batches()).toEqual([['a', 'b']]);
    await client.close();
    expect(next.countTimers()).toBe(0);
  });

  test("in a window of the user's own that is gone leaves after a minute, with a warning", async () => {
    const window = (flush: () => void) => void setTimeout(flush, 10);
    const { client, create, log } = clientWith({ batch: { window } });
    fake(jests);
    const during = create('a');
    const next = fake();
    const after = create('b');
    await next.tickAsync(60_000);
    expect(await outcomes(during, after)).toEqual(['ok', 'ok']);
    expect(log.entries.filter(([level]) => level !== 'debug')).toMatchObject([
      ['warn', expect.stringContaining('batch.window')],
    ]);
    const last = create('c');
    await next.tickAsync(10);
    expect(await outcomes(last)).toEqual(['ok']);
    await client.close();
  });

  test('and waited for another attempt is sent again', async () => {
    const { client, create, emulator } = clientWith();
    emulator.faults.next({ kind: 'dropBefore' });
    fake();
    const during = create('a');
    await until(() => client.stats().retried === 1);
    const next = fake();
    const after = create('b');
    await next.tickAsync(250);
    expect(await outcomes(during, after)).toEqual(['ok', 'ok']);
    await client.close();
    expect(next.countTimers()).toBe(0);
  });

  test('and waited for a fuller batch leaves', async () => {
    const { client, create, state } = clientWith();
    state.stuck = 1;
    fake();
    void create('in flight');
    await until(() => state.sent === 1);
    const during = create('a');
    await turn();
    const next = fake();
    await next.tickAsync(20);
    expect(client.stats().ledger.succeeded).toBe(0);
    const after = create('b');
    await next.tickAsync(20);
    expect(await outcomes(during, after)).toEqual(['ok', 'ok']);
    const closed = client.close({ timeoutMs: 5 });
    await next.tickAsync(5);
    await closed;
    expect(next.countTimers()).toBe(0);
  });

  test('and is not answered is given up in its time', async () => {
    const { client, create, state } = clientWith({
      deliveryTimeoutMs: 2_000,
      attemptTimeoutMs: 9_000,
    });
    state.stuck = 1;
    fake();
    const during = create('a');
    await until(() => state.sent === 1);
    const next = fake();
    const after = create('b');
    await next.tickAsync(2_000);
    expect(await outcomes(during, after)).toEqual(['PrefactorRetryExhaustedError', 'ok']);
    await client.close();
  });

  test('and whose attempt is not answered gets another one', async () => {
    const { client, create, state } = clientWith({ attemptTimeoutMs: 2_000 });
    state.stuck = 1;
    fake();
    const during = create('a');
    await until(() => state.sent === 1);
    const next = fake();
    const after = create('b');
    await next.tickAsync(2_000 + 250);
    expect(await outcomes(during, after)).toEqual(['ok', 'ok']);
    await client.close();
    expect(next.countTimers()).toBe(0);
  });

  test('does not keep a flush or a close from ending in its time', async () => {
    const { client, create, state } = clientWith();
    state.stuck = 1;
    fake();
    const during = create('a');
    await until(() => state.sent === 1);
    const flushed = client.flush({ timeoutMs: 500 });
    let next = fake();
    const flushedToo = client.flush({ timeoutMs: 300 });
    await next.tickAsync(500);
    expect([(await flushed).pending, (await flushedToo).pending]).toEqual([1, 1]);
    const closed = client.close({ timeoutMs: 700 });
    next = fake();
    client.stats(); // Asks for the time.
    await next.tickAsync(700);
    expect((await closed).pending).toBe(0);
    expect(await outcomes(during)).toEqual(['PrefactorClosedError']);
    expect(next.countTimers()).toBe(0);
  });
});

test('fake timers that come after a call are obeyed as well', async () => {
  const { client, create, state } = clientWith({
    attemptTimeoutMs: 5_000,
    deliveryTimeoutMs: 5_000,
  });
  state.stuck = 9;
  const before = create('a');
  await until(() => state.sent === 1);
  const time = fake();
  const during = create('b');
  await time.tickAsync(5_001);
  expect(await outcomes(during)).toEqual(['PrefactorRetryExhaustedError']);
  const closed = client.close({ timeoutMs: 10 });
  await time.tickAsync(10);
  await closed;
  expect(await outcomes(before)).not.toEqual(['ok']);
});

describe('a wall clock that says', () => {
  test.each([
    ['1969', -1],
    ['1950', Date.parse('1950-06-01T00:00:00.000Z')],
    ['a year before the first', -1e14],
    ['no more than an id can hold', 2 ** 48 - 1],
    ['more than an id can hold', 2 ** 48 + 12_345],
    ['more than a Date can hold', 1e17],
    ['nothing', undefined],
    ['NaN', Number.NaN],
    ['a BigInt', 7n],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ])('%s makes no call fail, and leaves nothing behind', async (_, given) => {
    const { client, emulator } = clientWith();
    await startRun(emulator);
    vi.spyOn(Date, 'now').mockImplementation(() => given as number);
    const calls = [0, 1, 2].map((n) => client.agentSpans.create(span(`odd ${n}`)));
    const ended = client.agentSpans.create(span('ended', { status: 'active' }));
    void client.agentSpans.finish(ended);
    await client.flush();
    vi.restoreAllMocks();
    const later = client.agentSpans.create(span('later'));
    const before = new Date().toISOString();
    await client.close();
    const { accepted, succeeded } = client.stats().ledger;
    expect(succeeded).toBe(accepted);
    const { breaches } = emulator.report();
    expect(breaches).toEqual([]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect((await later).startedAt?.slice(0, 16)).toBe(before.slice(0, 16));
  });
});

/** Turns of the event loop until that holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns === 1_000) throw new Error('It never came to hold.');
    await turn();
  }
}

async function startRun(emulator: Emulator): Promise<void> {
  const client = new AutobatchClient({ apiToken: 'test-token', fetch: emulator.fetch });
  await client.submit({ _type: 'agent_instances/register', id: INSTANCE });
  await client.submit({ _type: 'agent_instances/start', agent_instance_id: INSTANCE });
  await client.close();
}
