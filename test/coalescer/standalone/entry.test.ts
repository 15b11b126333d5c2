// The entry prefactor-autobatch/coalescer: wrong use is reported where it happens.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type {
  CoalescerOptions,
  EngineEvents,
  Send,
} from '../../../src/coalescer/standalone/index.ts';
import { Coalescer, RejectedError } from '../../../src/coalescer/standalone/index.ts';
import { failureOf } from '../../helpers/outcomes.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const answersAll: Send<never> = async ({ keys }) => ({
  kind: 'answered',
  status: 200,
  outputs: Object.fromEntries(keys.map((key) => [key, { ok: true }])),
});

function newEngine(options: Partial<CoalescerOptions<unknown, never>> = {}) {
  const clock = virtualClock();
  const engine = new Coalescer({ send: answersAll, clock, ...options });
  const told: EngineEvents['failure'][] = [];
  engine.on('failure', (detail) => void told.push(detail));
  return { engine, clock, told };
}

function complaintAbout(options: unknown): string {
  try {
    new Coalescer(options as never);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
}

test('a sender is all that it needs', async () => {
  const engine = new Coalescer({ send: answersAll });
  expect(await engine.submit({ key: 'a', text: '{}' })).toEqual({ ok: true });
  expect(await engine.close()).toMatchObject({ accepted: 1, succeeded: 1, pending: 0 });
});

test('all that is right is accepted', async () => {
  const { engine, clock } = newEngine();
  const made = 1;
  const { signal } = new AbortController();
  const calls = [
    engine.submit({ key: 'a', text: '{"key":"a"}', type: 'test', makes: made, signal }),
    engine.submit({
      key: 'b',
      text: { pieces: ['é', '"b"'], holes: [made] },
      uses: ['x', made],
    }),
  ];
  await clock.drain();
  expect(await Promise.allSettled(calls)).toMatchObject([
    { status: 'fulfilled' },
    // The answer to the item that makes it has no id.
    { status: 'rejected', reason: { reason: { kind: 'dependency', because: 'no id' } } },
  ]);
});

test('what a call needs gets its id from the answer of what makes it', async () => {
  const sent: string[] = [];
  const { engine, clock } = newEngine({
    send: (batch, options) => {
      sent.push(`[${batch.texts.join(',')}]`);
      expect(batch.bytes).toBe(Buffer.byteLength(sent.at(-1) ?? ''));
      return answersAll(batch, options);
    },
    read: (output, readAs) => ({ kind: 'success', value: [output, readAs], id: 'id-é' }),
  });
  const calls = [
    engine.submit({ key: 'a', text: '"a"', makes: 1, readAs: 'a folder' }),
    engine.submit({ key: 'b', text: { pieces: ['{"in":', '}'], holes: [1] }, uses: [1] }),
  ];
  await clock.drain();
  expect(await Promise.all(calls)).toEqual([
    [{ ok: true }, 'a folder'],
    [{ ok: true }, undefined],
  ]);
  expect(sent).toEqual(['["a"]', '[{"in":"id-é"}]']);
});

test('what a text has a hole for is waited for, though nothing else says so', async () => {
  const sent: (readonly string[])[] = [];
  const { engine, clock } = newEngine({
    send: async ({ keys, texts }) => {
      sent.push([...texts]);
      return { kind: 'answered', status: 200, outputs: [...keys] };
    },
    read: (key) =>
      key === 'bad'
        ? { kind: 'error', code: 'invalid' }
        : { kind: 'success', value: key, id: `id-of-${key}` },
  });
  const outcomes = Promise.allSettled([
    engine.submit({ key: 'good', text: '"good"', makes: 1 }),
    engine.submit({ key: 'bad', text: '"bad"', makes: 2 }),
    engine.submit({ key: 'a', text: { pieces: ['', ''], holes: [1] }, changes: 1 }),
    engine.submit({ key: 'b', text: { pieces: ['', ''], holes: [2] }, uses: ['x'] }),
  ]);
  await clock.drain();
  expect(await outcomes).toMatchObject([
    { value: 'good' },
    { reason: { reason: { kind: 'error' } } },
    { value: 'a' },
    { reason: { reason: { kind: 'dependency', because: { key: 'bad' } } } },
  ]);
  expect(sent).toEqual([['"good"', '"bad"'], ['"id-of-good"']]);
});

test('nothing else can be seen of it, or reached', () => {
  const { engine } = newEngine();
  expect(Reflect.ownKeys(engine)).toEqual([]);
  expect(Reflect.ownKeys(Coalescer.prototype).sort()).toEqual(
    ['constructor', 'submit', 'flush', 'close', 'ready', 'stats', 'on'].sort(),
  );
  expect(Object.getPrototypeOf(Coalescer.prototype)).toBe(Object.prototype);
});

describe('listeners', () => {
  test('hear what they listen to, until they are removed', async () => {
    const { engine, clock } = newEngine();
    const heard: number[] = [];
    const stop = engine.on('dispatch', ({ items }) => void heard.push(items));
    void engine.submit({ key: 'a', text: '{}' });
    await clock.drain();
    stop();
    void engine.submit({ key: 'b', text: '{}' });
    await clock.drain();
    expect(heard).toEqual([1]);
  });

  test.each<[unknown, unknown, string]>([
    [
      'dispath',
      () => {},
      'event must be the name of an event, but it is "dispath"; the nearest is \'dispatch\'.',
    ],
    ['toString', () => {}, 'event must be the name of an event'],
    [7, () => {}, 'event must be the name of an event, but it is 7.'],
    ['idle', undefined, 'listener must be a function, but it is undefined.'],
  ])('of %j, %j: refused', (event, listener, complaint) => {
    const { engine } = newEngine();
    expect(() => engine.on(event as never, listener as never)).toThrow(complaint);
  });
});

describe('options that are wrong are told by the constructor', () => {
  test.each<[object, string]>([
    [{ concurrency: Number.NaN }, 'options.concurrency must be an integer from 1 to'],
    [{ maxItems: 0 }, 'options.maxItems must be an integer from 1 to'],
    [
      { maxItems: '100' },
      'options.maxItems must be an integer from 1 to 9007199254740991, but it is "100"',
    ],
    [{ maxWaitMs: -1 }, 'options.maxWaitMs must be a number from 0 to Infinity, but it is -1'],
    [{ envelopeBytes: -2 }, 'options.envelopeBytes must be an integer from 0 to'],
    [
      { onSkipped: 'ignore' },
      "options.onSkipped must be 'requeue' or 'reject', but it is \"ignore\"",
    ],
    [{ deliveryTimeoutMs: null }, 'options.deliveryTimeoutMs must be a number from 1 to Infinity'],
    [{ queue: 100 }, 'options.queue must be an object, but it is 100'],
    [{ queue: { maxBytes: 0 } }, 'options.queue.maxBytes must be a number from 1 to Infinity'],
    [{ retry: { itemCodes: 'busy' } }, 'options.retry.itemCodes must be an array of strings'],
    [
      { retry: { minDelayMs: 9, maxDelayMs: 2 } },
      'options.retry.minDelayMs must be at most maxDelayMs (2), but it is 9',
    ],
    [{ retry: { limt: 9 } }, 'options.retry.limt is not known here; the nearest is limit'],
    [{ maxItmes: 5 }, 'options.maxItmes is not known here; the nearest is maxItems'],
    [{ send: undefined }, 'options.send must be a function, but it is undefined'],
    [{ read: 'json' }, 'options.read must be a function, but it is "json"'],
    [{ clock: { now: () => 0 } }, 'options.clock must be an object with the methods now, after'],
    [{ events: {} }, 'options.events is not known here'],
    [{ random: 0.5 }, 'options.random must be a function, but it is 0.5'],
    [{ pnig: () => {} }, 'options.pnig is not known here; the nearest is ping'],
  ])('%j', (wrong, complaint) => {
    expect(complaintAbout({ send: answersAll, ...wrong })).toContain(complaint);
  });

  test('all of it in one go, whatever was given', () => {
    const complaint = complaintAbout({ send: 1, maxBytes: 0, colour: 'red' });
    for (const path of ['options.send must', 'options.maxBytes must', 'options.colour is not']) {
      expect(complaint).toContain(path);
    }
    expect(() => new Coalescer(undefined as never)).toThrow(
      'options must be an object, but it is undefined.',
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
    [
      'no text',
      { text: undefined },
      'submission.text must be a string, or an object with pieces and holes, but it is undefined',
    ],
    [
      'a text in no pieces',
      { text: { pieces: '{}', holes: [] } },
      'submission.text.pieces must be an array of strings, but it is "{}"',
    ],
    [
      'a sparse text',
      { text: { pieces: new Array(1), holes: [] } },
      'submission.text.pieces must be an array of strings',
    ],
    [
      'a hole too many',
      { text: { pieces: ['{}'], holes: [1] } },
      'submission.text.pieces must be one more than holes (1), but they are 1',
    ],
    [
      'a hole for itself',
      { makes: 1, text: { pieces: ['', ''], holes: [1] } },
      'submission.text.holes must not have what it makes itself (1)',
    ],
    [
      'a hole for an id',
      { text: { pieces: ['', ''], holes: ['x'] } },
      'submission.text.holes must be an array of whole numbers',
    ],
    ['an id that is no whole number', { uses: [7.5] }, 'submission.uses must be an array of names'],
    ['a name alone', { uses: 'x' }, 'submission.uses must be an array of names'],
    ['a maker of nothing', { makes: null }, 'submission.makes must be an id, or a whole number'],
    ['a reader of its own', { read: () => {} }, 'submission.read is not known here'],
    ['no signal', { signal: {} }, 'submission.signal must be an AbortSignal, but it is an object'],
    ['a misspelt name', { use: ['x'] }, 'submission.use is not known here; the nearest is uses'],
    ['nothing', null, 'submission must be an object, but it is null'],
  ])('%s', async (_, wrong, complaint) => {
    const { engine, told } = newEngine();
    const given = wrong === null ? null : { key: 'a', text: '{}', ...wrong };
    const error = await failureOf(engine.submit(given as never));
    expect(error).toBeInstanceOf(RejectedError);
    expect((error as Error).message).toContain(complaint);
    expect(error).toMatchObject({ reason: { kind: 'threw', maybeApplied: false } });
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

  test('one that has its fields from its class is read once, and whole', async () => {
    const { engine, clock } = newEngine();
    class Job {
      #reads = 0;
      get key(): string {
        return 'a';
      }
      get text(): string {
        // It returns something else when it is read again.
        return this.#reads++ === 0 ? '{}' : (undefined as never);
      }
    }
    const call = engine.submit(new Job());
    await clock.drain();
    expect(await call).toEqual({ ok: true });
  });

  test('who needs what it was to make is told so', async () => {
    const { engine } = newEngine();
    const made = 1;
    void engine.submit({ key: 'a', text: '{}', makes: made, type: '' });
    const needs = engine.submit({ key: 'b', text: '{}', uses: [made] });
    expect(await failureOf(needs)).toMatchObject({
      reason: { kind: 'dependency', because: 'declined' },
    });
  });

  test('the port that names errors names these as well', async () => {
    const toError = (reason: { kind: string }, key: string | undefined) => `${reason.kind} ${key}`;
    const { engine } = newEngine({ toError });
    expect(await failureOf(engine.submit({ key: 'a', text: '{}', type: '' }))).toBe('threw a');
  });
});

test('wrong options reject a flush, leave a close its time, and lose nothing', async () => {
  const { engine, clock, told } = newEngine();
  const call = engine.submit({ key: 'a', text: '{}' });
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

describe('a port that throws', () => {
  function boom(): never {
    throw new Error('boom');
  }

  test('as it makes an error gives its own in its place, and nothing is thrown', async () => {
    const { engine, clock } = newEngine({
      toError: boom,
      queue: { maxItems: 1 },
      send: () => new Promise(() => {}),
    });
    const own = { message: 'boom' };
    const pending = engine.submit({ key: 'pending', text: '{}' });
    expect(await failureOf(engine.submit({ key: 'no room', text: '{}' }))).toMatchObject(own);
    expect(await failureOf(engine.submit({ key: '', text: '{}' }))).toMatchObject(own);
    const waiting = engine.ready();
    const closed = engine.close({ timeoutMs: 1 });
    await clock.pass(1);
    expect(await closed).toMatchObject({ accepted: 1, inDoubt: 1, pending: 0 });
    expect(await failureOf(pending)).toMatchObject(own);
    expect(await failureOf(waiting)).toMatchObject(own);
    expect(await failureOf(engine.ready())).toMatchObject(own);
    expect(await failureOf(engine.submit({ key: 'late', text: '{}' }))).toMatchObject(own);
  });

  test('as it is told of an id harms no call, and may make one', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const calls: Promise<unknown>[] = [];
    const { engine, clock } = newEngine({
      send: async ({ keys }) => ({
        kind: 'answered',
        status: 200,
        outputs: Object.fromEntries(keys.map((key) => [key, { id: `id of ${key}` }])),
      }),
      read: (output) => ({ kind: 'success', value: output, id: (output as { id: string }).id }),
      onNamed: (name, id) => {
        calls.push(engine.submit({ key: `names ${id}`, text: '{}', uses: [name] }));
        boom();
      },
    });
    calls.push(engine.submit({ key: 'run', text: '{}', makes: 1 }));
    calls.push(engine.submit({ key: 'span', text: { pieces: ['', ''], holes: [1] } }));
    await clock.drain();
    expect(await Promise.all(calls)).toEqual([
      { id: 'id of run' },
      { id: 'id of span' },
      { id: 'id of names id of run' },
    ]);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('options.onNamed failed'),
    ]);
  });

  test('as it says what was not heard gives its own error for it', async () => {
    const { engine, clock } = newEngine({
      overdue: boom,
      attemptTimeoutMs: 50,
      deliveryTimeoutMs: 3_000,
      send: () => new Promise(() => {}),
    });
    const call = engine.submit({ key: 'a', text: '{}' });
    await clock.drain();
    expect(await failureOf(call)).toMatchObject({
      reason: { kind: 'exhausted', last: { kind: 'failure', failure: { message: 'boom' } } },
    });
  });
});
