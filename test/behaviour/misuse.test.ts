// What is wrong is told at once, to the call that is wrong, and what to do.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ActionPromise, AgentSpan } from '../../src/index.ts';
import { AutobatchClient, PrefactorInvalidArgumentError } from '../../src/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

afterEach(() => vi.unstubAllEnvs());

describe('options', () => {
  function complaintAbout(options: unknown): string {
    try {
      new AutobatchClient({ apiToken: 'test-token', ...(options as object) });
    } catch (error) {
      expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
      return (error as Error).message;
    }
    throw new Error('The options were accepted.');
  }

  test.each([
    [{ concurency: 4 }, 'concurency is no option; the nearest is batch.concurrency'],
    [{ batch: { maxItem: 4 } }, 'batch.maxItem is no option; the nearest is batch.maxItems'],
    [{ token: 'x' }, 'token is no option; the nearest is apiToken'],
    [{ batch: { maxItems: 0 } }, 'batch.maxItems must be'],
    [{ batch: { maxItems: '100' } }, 'batch.maxItems must be'],
    [{ batch: { window: 'later' } }, "batch.window must be 'tick', milliseconds from 0 to 60000"],
    [{ batch: 100 }, 'batch must be an object'],
    [{ ids: 'both' }, "ids must be 'client' or 'server'"],
    [{ onSkipped: 'ignore' }, "onSkipped must be 'requeue' or 'reject'"],
    [{ retry: { limit: 0 } }, 'retry.limit must be'],
    [{ retry: { minDelayMs: 500, maxDelayMs: 100 } }, 'must be at most retry.maxDelayMs (100)'],
    [{ apiUrl: 'ftp://example.test' }, 'apiUrl must be an absolute URL that begins with https://'],
    [{ apiUrl: 'http://example.test' }, 'set allowInsecure: true'],
    [{ apiUrl: 'https://user:pass@example.test' }, 'must not hold a user name or password'],
    [{ headers: { authorization: 'x' } }, 'must not hold authorization: the client sets it itself'],
    [{ sdk: ['my adapter'] }, 'sdk.0 must be name@version, without spaces'],
    [{ fetch: 'fetch' }, 'fetch must be a function'],
    [{ exitSignals: ['TERM'] }, "exitSignals.0 must be a signal's name, such as 'SIGTERM'"],
    [{ logger: {} }, 'logger must be false, or an object with the methods'],
    [{ apiToken: '' }, 'apiToken must be'],
    [{ apiToken: 'two words' }, 'apiToken must be'],
    [{ apiToken: 'Zugriffsschlüssel' }, 'apiToken must be a string of printable ASCII characters'],
    [{ apiToken: 'from-a-file\n' }, 'without blanks and line breaks'],
    [{ apiUrl: 'https://example.test\n' }, 'apiUrl must not hold blanks, line breaks or control'],
  ])('%j', (options, complaint) => {
    expect(complaintAbout(options)).toContain(complaint);
  });

  test('all that is wrong is told in one go', () => {
    const complaint = complaintAbout({ ids: 'x', onSkipped: 'y', colour: 'red' });
    for (const path of ['ids must be', 'onSkipped must be', 'colour is no option']) {
      expect(complaint).toContain(path);
    }
  });

  test('a missing token says where to put it', () => {
    vi.stubEnv('PREFACTOR_API_TOKEN', '');
    expect(() => new AutobatchClient()).toThrow(
      'apiToken is missing: pass it, or set the environment variable PREFACTOR_API_TOKEN',
    );
  });

  test('a token that is wrong is not shown', () => {
    for (const apiToken of ['my secret', 'Schlüssel-geheim', 'secret-with-a-zero-width\u200b']) {
      expect(complaintAbout({ apiToken })).not.toMatch(/secret|Schl/);
    }
    expect(complaintAbout({ apiUrl: 'https://u:hunter2@example.test' })).not.toContain('hunter2');
    expect(complaintAbout({ headers: { 'x-key': 'hunter2\n' } })).not.toContain('hunter2');
  });

  test('later changes to the options change nothing', async () => {
    const options = { batch: { maxItems: 2 }, headers: { 'x-team': 'shop' }, sdk: ['a@1.0.0'] };
    const t = await harness(options);
    options.batch.maxItems = 1;
    options.headers['x-team'] = 'other';
    options.sdk.push('b@1.0.0');
    void t.spans('a', 'b');
    await t.settled();
    expect(t.batches()).toEqual([['a', 'b']]);
    expect(t.sent[0]?.request.headers.get('x-team')).toBe('shop');
    expect(t.sent[0]?.request.headers.get('x-prefactor-sdk')).not.toContain('b@1.0.0');
  });

  test('undefined is the same as left out', async () => {
    const t = await harness({
      batch: { maxItems: undefined },
      retry: undefined,
      headers: undefined,
      ids: undefined,
    });
    const a = t.span('a');
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
  });
});

describe('arguments', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const angry = {
    toJSON() {
      throw new Error('I will not be written');
    },
  };

  const duck = (fields: object) => ({ aborted: false, addEventListener() {}, ...fields }) as never;
  /** A signal that throws, as a Proxy around a browser's own, when it is read or when a method of it is called. */
  const hidden = (hides: (what: string) => boolean) => {
    const illegal = (): never => {
      throw new TypeError('Illegal invocation');
    };
    return new Proxy(new AbortController().signal, {
      get: (signal, name) => {
        if (hides(String(name))) illegal();
        const value: unknown = Reflect.get(signal, name, signal);
        return typeof value === 'function' ? illegal : value;
      },
    });
  };

  test.each<[string, (t: Harness) => Promise<unknown>, string | RegExp]>([
    [
      'no parameters',
      ({ client }) => client.agentSpans.create(undefined as never),
      /must be an object/,
    ],
    [
      'no schemaName',
      (t) => t.span('a', { schemaName: undefined as never }),
      'schemaName must be a string of 1 to 200 characters, but it is missing',
    ],
    [
      'an empty status',
      (t) => t.span('a', { status: '' as never }),
      'status must be a non-empty string, but it is empty',
    ],
    [
      'a payload that is a list',
      (t) => t.span('a', { payload: [1] }),
      'payload must be an object, but it is an array',
    ],
    [
      'a payload that is null',
      (t) => t.span('a', { payload: null as never }),
      'payload must be an object, but it is null',
    ],
    [
      'an invalid Date',
      (t) => t.span('a', { startedAt: new Date('never') }),
      'startedAt must be a Date, or a string in the form of',
    ],
    [
      'a time in words',
      (t) => t.span('a', { startedAt: 'yesterday' }),
      'startedAt must be a Date, or a string in the form of',
    ],
    ['a number as time', (t) => t.span('a', { startedAt: 5 as never }), 'startedAt must be a Date'],
    [
      'an unknown field',
      (t) => t.span('a', { schema: 'x' } as never),
      'schema is not known here; the nearest is schemaName',
    ],
    [
      'a snake_case field',
      (t) => t.span('a', { parent_span_id: 'x' } as never),
      'parent_span_id is not known here; the nearest is parentSpanId',
    ],
    ['a cycle', (t) => t.span('a', { payload: cycle }), /cycl|circular/i],
    ['a BigInt', (t) => t.span('a', { payload: { n: 1n } }), /BigInt/],
    [
      'a toJSON that throws',
      (t) => t.span('a', { payload: angry }),
      /I will not be written|toJSON|cause/,
    ],
    [
      'sensitiveEncoding in words',
      (t) => t.span('a', { sensitiveEncoding: 'yes' as never }),
      'sensitiveEncoding must be true or false, but it is a string',
    ],
    [
      'an unknown call option',
      ({ client }) => client.agentSpans.create(span('a'), { sginal: 1 } as never),
      'options.sginal is not known here; the nearest is signal',
    ],
    [
      'a signal that is none',
      ({ client }) => client.agentSpans.create(span('a'), { signal: {} as never }),
      /options\.signal must be an AbortSignal/,
    ],
    [
      'a signal whose state is no state',
      ({ client }) => client.agentSpans.create(span('a'), { signal: duck({ aborted: 'no' }) }),
      'options.signal must be an AbortSignal, and no Proxy that cannot be used as one',
    ],
    [
      'a Proxy that hides what is a signal, as in a browser',
      ({ client }) => client.agentSpans.create(span('a'), { signal: hidden(() => true) }),
      'options.signal must be an AbortSignal, and no Proxy that cannot be used as one',
    ],
    [
      'a Proxy that has been revoked',
      ({ client }) => {
        const { proxy, revoke } = Proxy.revocable(new AbortController().signal, {});
        revoke();
        return client.agentSpans.create(span('a'), { signal: proxy });
      },
      /options\.signal must be an AbortSignal.* but it is an object that cannot be read/,
    ],
    [
      'a Proxy that hides it from whoever listens',
      ({ client }) =>
        client.agentSpans.create(span('a'), { signal: hidden((name) => name === 'call') }),
      'options.signal cannot be listened to (see cause): pass the signal itself',
    ],
    [
      'a quality without a name',
      ({ client }) => client.agentInstances.recordQuality(INSTANCE, { payload: {} } as never),
      'name must be a string of 1 to 200 characters',
    ],
    [
      'a quality without a payload',
      ({ client }) => client.agentInstances.recordQuality(INSTANCE, { name: 'x' } as never),
      'payload must be an object, but it is missing',
    ],
    [
      'a version in words',
      ({ client }) => client.agentInstances.register({ agentVersion: 'v1' as never }),
      'agentVersion must be an object, but it is a string',
    ],
    [
      'a version with an unknown field',
      ({ client }) => client.agentInstances.register({ agentVersion: { nme: 'x' } as never }),
      'agentVersion.nme is not known here; the nearest is name',
    ],
  ])('%s', async (_, call, message) => {
    const t = await harness();
    const error = await failureOf(call(t));
    expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', maybeApplied: false });
    expect((error as Error).message).toMatch(message);
    expect((error as PrefactorInvalidArgumentError).issues.length).toBeGreaterThan(0);
    await t.settled();
    expect(t.sent).toEqual([]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 0, declined: 1 });
  });

  test('an item that is larger than maxItemBytes is refused, counted in UTF-8', async () => {
    const t = await harness({ maxItemBytes: 1_000 });
    const text = 'é'.repeat(450);
    const [a, b] = [t.span('a', { payload: { text } }), t.span('b', { payload: { text: 'e' } })];
    await t.settled();
    expect(await failureOf(a)).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      message: expect.stringContaining('maxItemBytes'),
    });
    expect(await outcomes(b)).toEqual(['ok']);
  });

  test('what is wrong rejects that call alone, and nothing throws', async () => {
    const t = await harness();
    const calls = [
      t.span('a'),
      t.span('b', { payload: { n: 1n } }),
      t.span('c', { payload: cycle }),
      t.span('d'),
    ];
    await t.settled();
    const wrong = 'PrefactorInvalidArgumentError';
    expect(await outcomes(...calls)).toEqual(['ok', wrong, wrong, 'ok']);
    expect(t.batches()).toEqual([['a', 'd']]);
  });

  test('no value of a payload is part of a message', async () => {
    const t = await harness();
    const error = await failureOf(
      t.span('a', { payload: 'swordfish' as never, status: { secret: 'swordfish' } as never }),
    );
    expect((error as Error).message).not.toContain('swordfish');
  });

  test('arguments that throw when they are looked at reject as well', async () => {
    const t = await harness();
    const params = {
      ...span('a'),
      get payload(): object {
        throw new Error('of a getter');
      },
    };
    const call = t.client.agentSpans.create(
      Object.defineProperties({}, Object.getOwnPropertyDescriptors(params)) as never,
    );
    expect(await outcomes(call)).not.toEqual(['ok']);
    const proxy = new Proxy(
      {},
      {
        get() {
          throw new Error('of a trap');
        },
      },
    );
    expect(await outcomes(t.client.agentSpans.create(proxy as never))).not.toEqual(['ok']);
    await t.settled();
  });
});

describe('references', () => {
  const at = (path: string, message: string): string => `${path} ${message}`;
  const wanted = 'must be an id, a result, or an ActionPromise, but it is';

  test.each<[string, unknown, string]>([
    ['nothing', undefined, `${wanted} missing`],
    ['null', null, `${wanted} null`],
    ['a number', 5, `${wanted} a number`],
    ['an empty text', '', `${wanted} empty`],
    ['an object without an id', { name: 'x' }, `${wanted} an object without an id`],
    ['an id that is a number', { id: 5 }, `${wanted} an object without an id`],
    ['a list', ['x'], `${wanted} an array`],
    ['a function', () => 'x', `${wanted} a function`],
  ])('%s is none', async (_, reference, message) => {
    const t = await harness();
    const asInstance = t.span('a', { agentInstanceId: reference as never });
    const asTarget = t.client.agentSpans.finish(reference as never);
    expect((await failureOf(asInstance)) as Error).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      message: expect.stringContaining(at('agentInstanceId', message)),
    });
    expect((await failureOf(asTarget)) as Error).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      message: expect.stringContaining(message),
    });
    if (reference !== null && reference !== undefined) {
      const asParent = t.span('b', { parentSpanId: reference as never });
      expect((await failureOf(asParent)) as Error).toMatchObject({
        message: expect.stringContaining(at('parentSpanId', message)),
      });
    }
    await t.settled();
    expect(t.sent).toEqual([]);
  });

  test('a plain promise is told how it lost its id', async () => {
    const t = await harness({ ids: 'server' });
    const create = async (): Promise<AgentSpan> => t.span('a', { status: 'active' });
    const child = t.span('child', { parentSpanId: create() as ActionPromise<AgentSpan> });
    const chained = t.client.agentSpans.finish(
      t.span('b', { status: 'active' }).then((made) => made) as ActionPromise<AgentSpan>,
    );
    for (const call of [child, chained]) {
      expect((await failureOf(call)) as Error).toMatchObject({
        message: expect.stringContaining(
          'must not be a plain promise: returning an ActionPromise from an async function, or chaining on it, loses its id; pass the ActionPromise itself, or await it',
        ),
      });
    }
    await t.settled();
  });

  test("another client's call is none of ours, unless its id is known", async () => {
    const t = await harness({ ids: 'server' });
    const other = t.newClient({ ids: 'server' });
    const theirs = other.agentSpans.create(span('theirs', { status: 'active' }));
    const child = t.span('child', { parentSpanId: theirs });
    expect((await failureOf(child)) as Error).toMatchObject({
      message: expect.stringContaining('is an ActionPromise of another client'),
    });
    await t.settled();
    const late = t.span('late', { parentSpanId: await theirs });
    await t.settled();
    expect(await outcomes(late)).toEqual(['ok']);
  });

  test('a wrong reference is missed by those that would need what the call was to make', async () => {
    const t = await harness();
    const root = t.span('root', { agentInstanceId: 5 as never });
    const child = t.span('child', { parentSpanId: root });
    expect(await outcomes(root, child)).toEqual([
      'PrefactorInvalidArgumentError',
      'PrefactorDependencyError',
    ]);
    expect(root.idempotencyKey).toBe(keyOf('root'));
  });
});
