// prefactor-autobatch/coalescer by itself: what is wrong is told, where it is wrong.
import { describe, expect, test } from 'vitest';
import type { CoalescerPorts, CoalescerSettings, Send } from '../../src/coalescer/index.ts';
import { Coalescer, RejectedError } from '../../src/coalescer/index.ts';
import { submission } from '../helpers/engine.ts';
import { failureOf } from '../helpers/outcomes.ts';
import { virtualClock } from '../helpers/virtual-clock.ts';

const right: CoalescerSettings = {
  maxItems: 100,
  maxBytes: 1_000_000,
  envelopeBytes: 12,
  separatorBytes: 1,
  concurrency: 16,
  maxWaitMs: 20,
  onSkipped: 'requeue',
  deliveryTimeoutMs: 300_000,
  queue: { maxItems: 100, maxBytes: Number.POSITIVE_INFINITY },
  retry: { limit: 3, minDelayMs: 1, maxDelayMs: 2, maxPauseMs: 3, itemCodes: [] },
};

const answersAll: Send<never> = async ({ keys }) => ({
  kind: 'answered',
  status: 200,
  outputs: Object.fromEntries(keys.map((key) => [key, { ok: true }])),
});

function newEngine() {
  const clock = virtualClock();
  const told: { key: unknown; type: string }[] = [];
  const events: CoalescerPorts<never>['events'] = {
    has: () => true,
    emit: (name, detail) => {
      if (name === 'failure') told.push(detail as never);
    },
    deliver: () => {},
  };
  return { engine: new Coalescer({ send: answersAll, clock, events }, right), clock, told };
}

function complaintAbout(ports: object, settings: object): string {
  try {
    new Coalescer({ send: answersAll, ...ports } as never, settings as never);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
}

test('all that is right is accepted', async () => {
  const { engine, clock } = newEngine();
  const made = 1;
  const calls = [
    engine.submit(submission('a', { makes: made, signal: new AbortController().signal })),
    engine.submit({
      ...submission('b', { pieces: ['é', '"b"'] }),
      bytes: 5,
      holes: [made],
      uses: ['x', made],
    }),
    engine.execute({ keys: ['c'], texts: ['{}'], bytes: 14 }, { type: 'packed' }),
  ];
  await clock.drain();
  expect(await Promise.allSettled(calls)).toMatchObject([
    { status: 'fulfilled' },
    // Its maker's answer names no id.
    { status: 'rejected', reason: { reason: { kind: 'dependency', because: 'no id' } } },
    { status: 'fulfilled' },
  ]);
});

describe('settings that are wrong are told by the constructor', () => {
  test.each<[object, string]>([
    [{ concurrency: Number.NaN }, 'settings.concurrency must be an integer from 1 to'],
    [{ maxItems: 0 }, 'settings.maxItems must be an integer from 1 to'],
    [
      { maxItems: '100' },
      'settings.maxItems must be an integer from 1 to 9007199254740991, but it is "100"',
    ],
    [{ maxWaitMs: -1 }, 'settings.maxWaitMs must be a number from 0 to Infinity, but it is -1'],
    [{ envelopeBytes: undefined }, 'settings.envelopeBytes must be an integer from 0 to'],
    [
      { onSkipped: 'ignore' },
      "settings.onSkipped must be 'requeue' or 'reject', but it is \"ignore\"",
    ],
    [{ deliveryTimeoutMs: null }, 'settings.deliveryTimeoutMs must be a number from 1 to Infinity'],
    [{ queue: 100 }, 'settings.queue must be an object, but it is 100'],
    [{ queue: { maxItems: 1 } }, 'settings.queue.maxBytes must be a number from 1 to Infinity'],
    [
      { retry: { ...right.retry, itemCodes: 'busy' } },
      'settings.retry.itemCodes must be an array of strings',
    ],
    [
      { retry: { ...right.retry, minDelayMs: 9 } },
      'settings.retry.minDelayMs must be at most maxDelayMs (2)',
    ],
    [
      { retry: { ...right.retry, limt: 9 } },
      'settings.retry.limt is not known here; the nearest is limit',
    ],
    [{ maxItmes: 5 }, 'settings.maxItmes is not known here; the nearest is maxItems'],
  ])('%j', (wrong, complaint) => {
    expect(complaintAbout({}, { ...right, ...wrong })).toContain(complaint);
  });

  test.each<[object, string]>([
    [{ send: undefined }, 'ports.send must be a function, but it is undefined'],
    [{ clock: { now: () => 0 } }, 'ports.clock must be an object with the methods now, after'],
    [{ events: () => {} }, 'ports.events must be an object with the methods has, emit, deliver'],
    [{ random: 0.5 }, 'ports.random must be a function, but it is 0.5'],
    [{ pnig: () => {} }, 'ports.pnig is not known here; the nearest is ping'],
  ])('ports: %j', (wrong, complaint) => {
    expect(complaintAbout(wrong, right)).toContain(complaint);
  });

  test('all of it in one go, whatever was given', () => {
    const complaint = complaintAbout({ send: 1 }, { ...right, maxBytes: 0, colour: 'red' });
    for (const path of ['ports.send must', 'settings.maxBytes must', 'settings.colour is not']) {
      expect(complaint).toContain(path);
    }
    expect(() => new Coalescer(undefined as never, null as never)).toThrow(
      'ports must be an object, but it is undefined; settings must be an object, but it is null.',
    );
  });
});

describe('a submission that is wrong rejects alone, and changes nothing but the books', () => {
  test.each<[string, object | null, string]>([
    [
      'no key',
      { key: undefined },
      'submission.key must be a non-empty string, but it is undefined',
    ],
    ['no type', { type: 7 }, 'submission.type must be a non-empty string, but it is 7'],
    ['no text', { pieces: '{}' }, 'submission.pieces must be an array of strings, but it is "{}"'],
    ['a sparse text', { pieces: new Array(1) }, 'submission.pieces must be an array of strings'],
    ['bytes that are none', { bytes: Number.NaN }, 'submission.bytes must be an integer from 0'],
    [
      'bytes of something else',
      { bytes: 3 },
      'submission.bytes must be the UTF-8 bytes of its pieces (11), but it is 3',
    ],
    ['a hole too many', { holes: ['x'] }, 'submission.holes must be an array of whole numbers'],
    ['an id that is no whole number', { uses: [7.5] }, 'submission.uses must be an array of names'],
    ['a name alone', { uses: 'x' }, 'submission.uses must be an array of names'],
    ['a maker of nothing', { makes: null }, 'submission.makes must be an id, or a whole number'],
    ['a reader of its own', { read: () => {} }, 'submission.read is not known here'],
    ['no signal', { signal: {} }, 'submission.signal must be an AbortSignal, but it is an object'],
    ['a misspelt name', { use: ['x'] }, 'submission.use is not known here; the nearest is uses'],
    ['nothing', null, 'submission must be an object, but it is null'],
  ])('%s', async (_, wrong, complaint) => {
    const { engine, told } = newEngine();
    const given = wrong === null ? null : { ...submission('a'), ...wrong };
    const error = await failureOf(engine.submit(given as never));
    expect(error).toBeInstanceOf(RejectedError);
    expect((error as Error).message).toContain(complaint);
    expect(error).toMatchObject({ reason: { kind: 'fault', maybeApplied: false } });
    expect(engine.stats()).toMatchObject({ queued: 0, ledger: { accepted: 0, declined: 1 } });
    expect(told).toHaveLength(1);
  });

  test('one that throws when it is looked at', async () => {
    const { engine } = newEngine();
    const thrown = new Error('of the caller');
    const given = new Proxy(
      {},
      {
        ownKeys() {
          throw thrown;
        },
        get() {
          throw thrown;
        },
      },
    );
    expect(await failureOf(engine.submit(given as never))).toMatchObject({ cause: thrown });
  });

  test('who needs what it was to make is told so', async () => {
    const { engine } = newEngine();
    const made = 1;
    void engine.submit({ ...submission('a', { makes: made }), bytes: -1 });
    const needs = engine.submit(submission('b', { uses: [made] }));
    expect(await failureOf(needs)).toMatchObject({
      reason: { kind: 'dependency', because: 'declined' },
    });
  });

  test('the port that names errors names these as well', async () => {
    const toError = (reason: { kind: string }, key: string | undefined) => `${reason.kind} ${key}`;
    const engine = new Coalescer({ send: answersAll, toError }, right);
    expect(await failureOf(engine.submit({ ...submission('a'), bytes: 0.5 }))).toBe('fault a');
  });
});

describe('a packed batch that is wrong rejects, and is in no books', () => {
  test.each<[object, object | undefined, string]>([
    [{ keys: [] }, undefined, 'batch.keys must be an array of non-empty strings, at least one'],
    [
      { keys: ['a', 'a'], texts: ['1', '2'] },
      undefined,
      'batch.keys must be unique, but the one at 1 came before',
    ],
    [
      { texts: ['1', '2'] },
      undefined,
      'batch.texts must be as many as its keys (1), but they are 2',
    ],
    [{ bytes: 0 }, undefined, 'batch.bytes must be an integer from 1'],
    [{}, { signl: 1 }, 'options.signl is not known here; the nearest is signal'],
  ])('%j, %j', async (wrong, options, complaint) => {
    const { engine } = newEngine();
    const batch = { keys: ['a'], texts: ['{}'], bytes: 14, ...wrong };
    const error = await failureOf(engine.execute(batch, options as never));
    expect((error as Error).message).toContain(complaint);
    expect(engine.stats().ledger).toMatchObject({ accepted: 0, declined: 0 });
  });
});

test('wrong options reject a flush, leave a close its time, and lose nothing', async () => {
  const { engine, clock, told } = newEngine();
  const call = engine.submit(submission('a'));
  const flushed = engine.flush({ timeoutMs: Number.NaN });
  expect((await failureOf(flushed)) as Error).toMatchObject({
    message: expect.stringContaining('options.timeoutMs must be milliseconds, 0 or more'),
  });
  const closed = engine.close({ timeout: 0 } as never);
  await clock.drain();
  expect(await closed).toMatchObject({ succeeded: 1, pending: 0 });
  expect(await call).toEqual({ ok: true });
  expect(told).toMatchObject([
    { key: undefined, type: 'flush' },
    { key: undefined, type: 'close' },
  ]);
});
