// What a test gives the emulator is checked, as the client's options are: names, types and ranges.

import { describe, expect, test } from 'vitest';
import type { EmulatorOptions, FaultKind } from '../../../src/testing/index.ts';
import { Emulator } from '../../../src/testing/index.ts';
import { bulk, create, newEmulator, post, withInstance } from '../helpers.ts';

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  return '';
}

const optionsOf = (options: unknown): string =>
  messageOf(() => newEmulator(options as EmulatorOptions));

describe('options', () => {
  test.each<[object, string]>([
    [{ maxItem: 3 }, 'maxItem is not known here; the nearest is maxItems'],
    [{ latency: 3 }, 'latency is not known here; the nearest is latencyMs'],
    [
      { token: '' },
      'token must be a token without blanks, or a function that decides, but it is ""',
    ],
    [{ token: 'a b' }, 'token must be a token without blanks'],
    [{ token: null }, 'but it is null'],
    [{ tokenKind: 'acount' }, `tokenKind must be 'deployment' or 'account', but it is "acount"`],
    [{ seed: 1.5 }, 'seed must be an integer'],
    [{ seed: Number.NaN }, 'seed must be an integer'],
    [{ now: 0 }, 'now must be a function, but it is 0'],
    [{ delay: 20 }, 'delay must be a function, but it is 20'],
    [{ latencyMs: -1 }, 'latencyMs must be milliseconds from 0 to 2147483647, or a function'],
    [{ latencyMs: Number.POSITIVE_INFINITY }, 'latencyMs must be'],
    [{ itemMs: '1' }, 'itemMs must be a number from 0 to 2147483647, but it is "1"'],
    [{ maxItems: -1 }, 'maxItems must be an integer from 0 on, or Infinity, but it is -1'],
    [{ maxBytes: 1.5 }, 'maxBytes must be an integer from 0 on'],
    [{ maxInFlight: Number.NaN }, 'maxInFlight must be an integer from 0 on'],
    [{ maxPerSecond: '10' }, 'maxPerSecond must be an integer from 0 on'],
    [{ strict: 'yes' }, 'strict must be true or false, but it is "yes"'],
    [{ repeats: 'refused' }, `repeats must be 'replay' or 'refuse', but it is "refused"`],
    [{ storeErrors: 1 }, 'storeErrors must be true or false, but it is 1'],
    [{ takenId: 'conflict' }, 'takenId must be an object, but it is "conflict"'],
    [{ takenId: { cod: 'x' } }, 'takenId.cod is not known here; the nearest is code'],
    [{ takenId: { code: '' } }, 'takenId.code must be a string that is not empty'],
    [{ alwaysControl: null }, 'alwaysControl must be true or false'],
    [{ samePartition: 0 }, 'samePartition must be true or false'],
    [{ record: 'no' }, 'record must be true or false'],
    [{ onRequest: 1 }, 'onRequest must be a function, but it is 1'],
    [{ onAnswer: {} }, 'onAnswer must be a function, but it is an object'],
    [{ faults: [] }, 'faults must be an object, but it is an array'],
    [{ faults: {} }, 'faults.rates is missing'],
    [
      { faults: { rates: { statu: 1 } } },
      'faults.rates.statu is not known here; the nearest is status',
    ],
    [
      { faults: { rates: { status: 5 } } },
      'faults.rates.status must be a number from 0 to 1, but it is 5',
    ],
    [
      { faults: { rates: { itemTransient: -0.1 } } },
      'faults.rates.itemTransient must be a number from 0 to 1',
    ],
    [
      { faults: { rates: { delay: 0.7, html: 0.4 } } },
      'faults.rates of what befalls a request add up to 1.10, which is above 1',
    ],
    [{ faults: { rates: {}, on: 'singles' } }, `the nearest is 'single'`],
    [
      { faults: { rates: {}, statuses: [99] } },
      'faults.statuses must be a list of statuses from 200 to 599',
    ],
    [{ faults: { rates: {}, maxDelayMs: -1 } }, 'faults.maxDelayMs must be a number from 0'],
    [{ faults: { rates: {}, retryAfter: '7' } }, 'faults.retryAfter must be a number from 0'],
    [{ faults: { rates: {}, transient: { code: 7 } } }, 'faults.transient.code must be a string'],
  ])('%j are refused', (options, problem) => {
    const message = optionsOf(options);
    expect(message).toMatch(/^Invalid options of the emulator: .*\.$/);
    expect(message).toContain(problem);
  });

  test('all that is wrong is said at once', () => {
    const message = optionsOf({ maxItem: 3, strict: 'yes', faults: { rates: { statu: 1 } } });
    expect(message.split('; ').length).toBeGreaterThanOrEqual(3);
    for (const name of ['maxItem ', 'strict ', 'faults.rates.statu '])
      expect(message).toContain(name);
  });

  test.each<[unknown, string]>([
    [null, 'null'],
    ['token', '"token"'],
    [[], 'an array'],
    [() => {}, 'a function'],
  ])('%s is no options', (options, shown) => {
    expect(messageOf(() => new Emulator(options as EmulatorOptions))).toBe(
      `Invalid options of the emulator: it must be an object, but it is ${shown}.`,
    );
  });

  test('what is undefined is as if it were left out', () => {
    const all = [
      'token',
      'tokenKind',
      'seed',
      'latencyMs',
      'maxItems',
      'strict',
      'takenId',
      'faults',
    ];
    expect(optionsOf(Object.fromEntries(all.map((name) => [name, undefined])))).toBe('');
  });

  test('an infinite limit is none, and rates may be all or nothing', () => {
    const none = Number.POSITIVE_INFINITY;
    expect(
      optionsOf({ maxItems: none, maxBytes: none, maxInFlight: none, maxPerSecond: none }),
    ).toBe('');
    expect(optionsOf({ faults: { rates: { status: 1, itemPermanent: 1, html: 0 } } })).toBe('');
  });
});

describe('faults', () => {
  const faultsOf = (
    act: (faults: Record<'next' | 'refuse' | 'poison', (...args: unknown[]) => void>) => void,
  ) => messageOf(() => act(newEmulator().faults as never));

  test.each<[unknown, unknown, string]>([
    [undefined, undefined, 'kind is missing'],
    [{}, undefined, 'kind is missing'],
    [{ kind: 'dropbefore' }, undefined, `but it is "dropbefore"; the nearest is 'dropBefore'`],
    [{ kind: 'status' }, undefined, 'status is missing'],
    [
      { kind: 'status', status: 42 },
      undefined,
      'status must be an integer from 200 to 599, but it is 42',
    ],
    [
      { kind: 'status', status: 429, retryafter: 7 },
      undefined,
      'retryafter is not known here; the nearest is retryAfter',
    ],
    [
      { kind: 'status', status: 429, retryAfter: -1 },
      undefined,
      'retryAfter must be seconds, a Date, or a text',
    ],
    [
      { kind: 'status', status: 429, retryAfter: new Date(Number.NaN) },
      undefined,
      'retryAfter must be',
    ],
    [{ kind: 'status', status: 429, retryAfter: 'a\nb' }, undefined, 'retryAfter must be'],
    [{ kind: 'status', status: 302, location: 'a\r\nb' }, undefined, 'location must be'],
    [
      { kind: 'status', status: 500, headers: { 'a b': 'c' } },
      undefined,
      'headers must be an object of header fields',
    ],
    [{ kind: 'delay', delayMs: Number.NaN }, undefined, 'delayMs must be a number from 0'],
    [{ kind: 'delay', delay: 5 }, undefined, 'delay is not known here; the nearest is delayMs'],
    [{ kind: 'truncate', length: -1 }, undefined, 'length must be an integer from 0 on'],
    [{ kind: 'omit', item: 7 }, undefined, "item must be an item's key, or a function"],
    [
      { kind: 'html', afterwork: true },
      undefined,
      'afterwork is not known here; the nearest is afterWork',
    ],
    [{ kind: 'delay' }, { time: 2 }, 'time is not known here; the nearest is times'],
    [
      { kind: 'delay' },
      { times: 0 },
      'times must be an integer from 1 on, or Infinity, but it is 0',
    ],
    [{ kind: 'delay' }, { on: 'agent_span/create' }, `the nearest is 'agent_spans/create'`],
    [{ kind: 'delay' }, null, 'it must be an object, but it is null'],
    [
      { kind: 'omit' },
      { on: 'single' },
      "omit is about an output of a bulk request, and there is none on 'single'",
    ],
    [{ kind: 'extra' }, { on: 'ping' }, 'extra is about an output of a bulk request'],
  ])('next(%j, %j) is refused', (fault, options, problem) => {
    const message = faultsOf((faults) => faults.next(fault, options));
    expect(message).toMatch(/^Invalid fault: .*\.$/);
    expect(message).toContain(problem);
  });

  test.each<[unknown, unknown, string]>([
    [
      undefined,
      {},
      "item must be an item's key, or a function that is given an item, but it is undefined",
    ],
    ['', {}, 'item must be'],
    [/key/, {}, 'item must be'],
    ['key-00001', { time: 1 }, 'time is not known here; the nearest is times'],
    ['key-00001', { code: 404 }, 'code must be a string that is not empty, but it is 404'],
    ['key-00001', { retryAfterMs: -5 }, 'retryAfterMs must be a number from 0'],
  ])('refuse(%j, %j) is refused', (item, refusal, problem) => {
    const message = faultsOf((faults) => faults.refuse(item, refusal));
    expect(message).toMatch(/^Invalid refusal: .*\.$/);
    expect(message).toContain(problem);
  });

  test.each<[unknown, unknown, unknown, string]>([
    [7, { kind: 'delay' }, {}, 'item must be'],
    // These change an answer that is there: a request with the item in it would be done all the same.
    ['key-00001', { kind: 'truncate' }, {}, 'kind must be a kind of fault, but it is "truncate"'],
    ['key-00001', { kind: 'omit' }, {}, 'kind must be a kind of fault, but it is "omit"'],
    ['key-00001', { kind: 'delay' }, { times: -1 }, 'times must be'],
    ['key-00001', { kind: 'delay' }, { on: 'single' }, 'on is not known here; known are times'],
  ])('poison(%j, %j, %j) is refused', (item, fault, options, problem) => {
    const message = faultsOf((faults) => faults.poison(item, fault, options));
    expect(message).toMatch(/^Invalid poison: .*\.$/);
    expect(message).toContain(problem);
  });

  test('what is refused leaves nothing behind', async () => {
    const emulator = await withInstance();
    expect(() => emulator.faults.next({ kind: 'statu' as FaultKind } as never)).toThrow(TypeError);
    expect(() => emulator.faults.refuse('key-00001', { times: 0 })).toThrow(TypeError);
    expect(() => emulator.faults.poison('key-00001', undefined, { times: 0 })).toThrow(TypeError);
    expect((await bulk(emulator, create('key-00001'))).status).toBe(200);
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 'soon'])(
  'a clock that says %s breaks no answer',
  async (time) => {
    const emulator = newEmulator({ now: () => time as number });
    expect((await post(emulator, 'agent_instance/register', {})).status).toBe(200);
  },
);
