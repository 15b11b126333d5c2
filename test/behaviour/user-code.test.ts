// Whatever of the user's code we call may throw, return a promise of any make that rejects,
// call us again, or never come back. Nobody else hears of it, and nothing of ours hangs.
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AutobatchOptions, Logger } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { keyOf, span } from '../helpers/spans.ts';

/** What the user's code may do instead of its work. */
const misdeeds: Readonly<Record<string, (client: AutobatchClient) => unknown>> = {
  throws: () => {
    throw new Error('user code');
  },
  rejects: () => Promise.reject(new Error('user code')),
  'rejects later': async () => {
    await Promise.resolve();
    throw new Error('user code');
  },
  'rejects in another realm': runInNewContext('async () => { throw new Error("other realm"); }'),
  'gives a thenable that rejects': () => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then: (_: unknown, reject: (error: Error) => void) => reject(new Error('thenable')),
  }),
  'gives a thenable that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then: () => {
      throw new Error('thenable');
    },
  }),
  'gives what throws as it is looked at': () =>
    Object.defineProperty({}, 'then', {
      get: () => {
        throw new Error('getter');
      },
    }),
  'never comes back': () => new Promise(() => {}),
  flushes: (client) => void client.flush(),
  closes: (client) => void client.close(),
  'makes a call': (client) => void client.agentSpans.create(span(`more-${serial++}`)),
  'makes a wrong call': (client) => void client.agentSpans.create({} as never),
};
let serial = 0;

type Misdeed = () => unknown;

/** The places where a client calls the user's code: the options that put a misdeed there. */
const places: Readonly<Record<string, (misdeed: Misdeed) => AutobatchOptions>> = {
  'logger.debug': (misdeed) => ({ logger: { ...quiet, debug: misdeed } }),
  'logger.warn': (misdeed) => ({ logger: { ...quiet, warn: misdeed } }),
  waitUntil: (misdeed) => ({ waitUntil: misdeed }),
  beforeEnqueue: (misdeed) => ({
    beforeEnqueue: (action) => {
      const result = misdeed();
      return (result === undefined ? action : result) as typeof action;
    },
  }),
  apiToken: (misdeed) => ({ apiToken: () => (misdeed() ?? TOKEN) as string }),
  window: (misdeed) => ({
    batch: {
      window: (flush) => {
        queueMicrotask(flush);
        return misdeed() as undefined;
      },
    },
  }),
};
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const events = ['dispatch', 'response', 'requeue', 'retry', 'pause', 'failure', 'idle'] as const;

const table = [...Object.keys(places), ...events.map((event) => `a listener of ${event}`)].flatMap(
  (place) => Object.keys(misdeeds).map((misdeed) => ({ place, misdeed })),
);

describe('user code misbehaves', () => {
  test.each(table)('$place $misdeed', async ({ place, misdeed }) => {
    const stray: unknown[] = [];
    const onStray = (error: unknown): void => void stray.push(error);
    process.on('unhandledRejection', onStray);
    onTestFinished(() => void process.off('unhandledRejection', onStray));
    let times = 0;
    const act = (): unknown => (times++ < 20 ? misdeeds[misdeed]?.(t.client) : undefined);
    const t: Harness = await harness({
      deliveryTimeoutMs: 20_000,
      attemptTimeoutMs: 2_000,
      ...places[place]?.(act),
    });
    for (const event of events) if (place === `a listener of ${event}`) t.client.on(event, act);

    t.refuse('refused');
    t.emulator.faults.next({ kind: 'dropBefore' });
    t.emulator.faults.next({ kind: 'status', status: 429, retryAfter: 1 });
    const calls = [
      t.span('a'),
      t.span('refused'),
      t.span('b'),
      t.client.agentSpans.create({} as never),
      t.client.bulk.execute({ items: [{ _type: 'agents/list', idempotency_key: keyOf('list') }] }),
    ];
    const settled = Promise.allSettled([...calls, t.client.flush()]);
    await t.settled();
    const ends = (await settled).map(({ status }) => status);
    const mayFail = ['apiToken', 'beforeEnqueue'].includes(place) || misdeed === 'closes';
    if (!mayFail) {
      expect(ends).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
    }
    expect(ends.at(-1)).toBe('fulfilled');
    expect(times).toBeGreaterThan(0);
    await t.client.close();
    expect(stray).toEqual([]);
  });
});

test.each(['response', 'line of the log'])(
  'what makes a call at each %s does not keep the event loop from turning, be the server in process',
  async (where) => {
    const most = 10_000;
    let times = 0;
    const again = (): void => {
      if (++times < most) void client.agentInstances.register({});
    };
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const client = new AutobatchClient({
      apiToken: TOKEN,
      fetch: new Emulator().fetch,
      logger: where === 'response' ? false : { ...silent, debug: again },
    });
    if (where === 'response') client.on('response', again);
    void client.agentInstances.register({});
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    expect(times).toBeGreaterThan(0);
    expect(times).toBeLessThan(most);
    times = most;
    await client.close();
  },
);

test('a failure listener that makes a call which fails at once hears of no failure more', async () => {
  const t = await harness({ queue: { maxItems: 2 } });
  const heard: unknown[] = [];
  const made: Promise<unknown>[] = [];
  t.client.on('failure', ({ error }) => {
    heard.push(error);
    made.push(t.client.agentSpans.create(span(`report-${made.length}`)));
  });
  const calls = t.spans('a', 'b', 'c');
  expect(heard).toHaveLength(1);
  expect(made).toHaveLength(1);
  const { declined } = t.client.stats().ledger;
  expect(declined).toBe(2);
  await t.settled();
  expect((await Promise.allSettled([...calls, ...made])).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  expect(heard).toHaveLength(1);
});
