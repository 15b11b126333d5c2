import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AutobatchOptions } from '../../src/client/client-options.ts';
import { parseOptions } from '../../src/client/parse-options.ts';
import { PrefactorInvalidArgumentError } from '../../src/errors/error-classes.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

const apiToken = 'pf_secret';

beforeEach(() => {
  for (const name of ['API_URL', 'API_TOKEN', 'AUTOBATCH_DISABLED']) {
    vi.stubEnv(`PREFACTOR_${name}`, '');
  }
});
afterEach(() => vi.unstubAllEnvs());

function errorOf(input: unknown): PrefactorInvalidArgumentError {
  try {
    parseOptions(input);
  } catch (error) {
    if (error instanceof PrefactorInvalidArgumentError) {
      return error;
    }
    throw error;
  }
  throw new Error('the options were accepted');
}

const issuesOf = (input: object) => errorOf({ apiToken, ...input }).issues;

test('a token is enough: the rest has defaults', () => {
  expect(parseOptions({ apiToken })).toEqual({
    apiUrl: 'https://app.prefactorai.com',
    apiToken,
    batch: {
      window: 'tick',
      maxItems: 100,
      maxBytes: 1_000_000,
      concurrency: 16,
      maxWaitMs: 20,
    },
    maxItemBytes: 8_000_000,
    onSkipped: 'requeue',
    ids: 'client',
    queue: { maxItems: 100_000, maxBytes: 64_000_000 },
    retry: {
      limit: 10,
      minDelayMs: 250,
      maxDelayMs: 30_000,
      maxPauseMs: 60_000,
      itemCodes: ['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected'],
    },
    attemptTimeoutMs: 30_000,
    deliveryTimeoutMs: 300_000,
    headers: {},
    sdk: [],
    fetch: undefined,
    beforeEnqueue: undefined,
    logger: expect.any(Object),
    disabled: false,
    allowInsecure: false,
    exitSignals: [],
    waitUntil: undefined,
  });
});

test('undefined is the same as left out', () => {
  const { logger: _, ...defaults } = parseOptions({ apiToken });
  const empty: AutobatchOptions = {
    apiUrl: undefined,
    apiToken,
    batch: { window: undefined, maxItems: undefined },
    queue: undefined,
    retry: { minDelayMs: undefined, itemCodes: undefined },
    headers: undefined,
    logger: undefined,
    disabled: undefined,
  };
  expect(parseOptions(empty)).toMatchObject(defaults);
});

test('what is given is used', () => {
  const given = {
    apiUrl: 'http://127.0.0.1:4000/api/v1/',
    apiToken: () => Promise.resolve(apiToken),
    batch: { window: 5, maxItems: 1, maxBytes: 2_048, concurrency: 1, maxWaitMs: 0 },
    maxItemBytes: 100,
    onSkipped: 'reject',
    ids: 'server',
    queue: { maxItems: 1, maxBytes: 1 },
    retry: {
      limit: 1,
      minDelayMs: 0,
      maxDelayMs: 0,
      maxPauseMs: 0,
      itemCodes: [],
    },
    attemptTimeoutMs: 1,
    deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    headers: { 'x-tenant': 'tea' },
    sdk: ['my-adapter@1.2.3-beta.1', '@scope/other@2'],
    fetch: () => Promise.resolve(new Response()),
    beforeEnqueue: () => null,
    disabled: false,
    allowInsecure: true,
    exitSignals: ['SIGTERM', 'SIGUSR2'],
    waitUntil: () => undefined,
  };
  expect(parseOptions(given)).toMatchObject({ ...given, apiUrl: 'http://127.0.0.1:4000' });
});

test('the result is frozen, and apart from what was given', () => {
  const headers = { 'x-tenant': 'tea' };
  const sdk = ['my-adapter@1'];
  const options = parseOptions({ apiToken, headers, sdk });
  headers['x-tenant'] = 'milk';
  sdk.push('later@1');
  expect(options).toMatchObject({ headers: { 'x-tenant': 'tea' }, sdk: ['my-adapter@1'] });
  const { batch, queue, retry } = options;
  for (const part of [
    options,
    batch,
    queue,
    retry,
    retry.itemCodes,
    options.headers,
    options.sdk,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

describe('each bound', () => {
  test.each<[object, string]>([
    [{ batch: { maxItems: 0 } }, 'batch.maxItems must be an integer from 1 to 10000, but it is 0'],
    [
      { batch: { maxItems: 10_001 } },
      'batch.maxItems must be an integer from 1 to 10000, but it is 10001',
    ],
    [
      { batch: { maxItems: 1.5 } },
      'batch.maxItems must be an integer from 1 to 10000, but it is 1.5',
    ],
    [
      { batch: { maxItems: '5' } },
      'batch.maxItems must be an integer from 1 to 10000, but it is "5"',
    ],
    [
      { batch: { maxBytes: 1_023 } },
      'batch.maxBytes must be an integer from 1024 to 100000000, but it is 1023',
    ],
    [
      { batch: { concurrency: 257 } },
      'batch.concurrency must be an integer from 1 to 256, but it is 257',
    ],
    [
      { batch: { maxWaitMs: -1 } },
      'batch.maxWaitMs must be a number from 0 to 60000, but it is -1',
    ],
    [
      { batch: { window: 60_001 } },
      "batch.window must be 'tick', milliseconds from 0 to 60000, or a function, but it is 60001",
    ],
    [
      { batch: { window: 'tock' } },
      `batch.window must be 'tick', milliseconds from 0 to 60000, or a function, but it is "tock"`,
    ],
    [{ maxItemBytes: 0 }, 'maxItemBytes must be an integer from 1 to 100000000, but it is 0'],
    [{ onSkipped: 'drop' }, `onSkipped must be 'requeue' or 'reject', but it is "drop"`],
    [{ ids: 'mine' }, `ids must be 'client' or 'server', but it is "mine"`],
    [
      { queue: { maxItems: 0 } },
      'queue.maxItems must be an integer from 1 to 9007199254740991, but it is 0',
    ],
    [
      { queue: { maxBytes: Number.NaN } },
      'queue.maxBytes must be an integer from 1 to 9007199254740991, but it is NaN',
    ],
    [{ retry: { limit: 0 } }, 'retry.limit must be an integer from 1 to 1000, but it is 0'],
    [
      { retry: { minDelayMs: -1 } },
      'retry.minDelayMs must be a number from 0 to 60000, but it is -1',
    ],
    [
      { retry: { maxDelayMs: -1 } },
      'retry.maxDelayMs must be a number from 0 to 3600000, but it is -1',
    ],
    [
      { retry: { minDelayMs: 9, maxDelayMs: 3 } },
      'retry.minDelayMs must be at most retry.maxDelayMs (3), but it is 9',
    ],
    [
      { retry: { maxPauseMs: Number.POSITIVE_INFINITY } },
      'retry.maxPauseMs must be a number from 0 to 86400000, but it is Infinity',
    ],
    [{ retry: { itemCodes: [''] } }, 'retry.itemCodes.0 must be a non-empty string, but it is ""'],
    [
      { retry: { itemCodes: 'unavailable' } },
      'retry.itemCodes must be an array, but it is "unavailable"',
    ],
    [{ attemptTimeoutMs: 0 }, 'attemptTimeoutMs must be a number from 1 to 3600000, but it is 0'],
    [
      { deliveryTimeoutMs: 0 },
      'deliveryTimeoutMs must be a number from 1 to Infinity, but it is 0',
    ],
    [
      { headers: { Authorization: 'x' } },
      'headers must not hold Authorization: the client sets it itself',
    ],
    [
      { sdk: ['my adapter@1'] },
      'sdk.0 must be name@version, without spaces, but it is "my adapter@1"',
    ],
    [{ fetch: 'fetch' }, 'fetch must be a function, but it is "fetch"'],
    [{ beforeEnqueue: {} }, 'beforeEnqueue must be a function, but it is an object'],
    [
      { logger: true },
      'logger must be false, or an object with the methods debug, info, warn and error, but it is true',
    ],
    [
      { logger: { warn: () => undefined } },
      'logger must be false, or an object with the methods debug, info, warn and error, but it is an object',
    ],
    [{ disabled: 'yes' }, 'disabled must be true or false, but it is "yes"'],
    [{ allowInsecure: 1 }, 'allowInsecure must be true or false, but it is 1'],
    [
      { exitSignals: ['TERM'] },
      `exitSignals.0 must be a signal's name, such as 'SIGTERM', but it is "TERM"`,
    ],
    [{ waitUntil: [] }, 'waitUntil must be a function, but it is an array'],
    [{ batch: 7 }, 'batch must be an object, but it is 7'],
    [{ retry: null }, 'retry must be an object, but it is null'],
    [{ apiUrl: 7 }, 'apiUrl must be a URL, as a string, but it is 7'],
    [
      { apiUrl: 'http://api.example' },
      'apiUrl must begin with https://, since http: would show the token to the network on its way to api.example; where that is meant, set allowInsecure: true',
    ],
  ])('%j', (input, text) => {
    expect(issuesOf(input).map(({ path, message }) => `${path} ${message}`)).toEqual([text]);
  });

  test('does not hold back the others: all that is wrong is said at once', () => {
    expect(issuesOf({ ids: 1, batch: { maxItems: 0 } }).map(({ path }) => path)).toEqual([
      'batch.maxItems',
      'ids',
    ]);
  });
});

test.each([
  { deliveryTimeoutMs: 20_000, ms: 4_000 },
  { deliveryTimeoutMs: 301_000, ms: 60_000 },
  { deliveryTimeoutMs: Number.POSITIVE_INFINITY, ms: 60_000 },
  { deliveryTimeoutMs: 20_000, maxPauseMs: 30_000, ms: 30_000 },
])('a pause is a fifth of the delivery time, or a minute, unless given: %j', ({ ms, ...given }) => {
  const { deliveryTimeoutMs, maxPauseMs } = given;
  const { retry } = parseOptions({ apiToken, deliveryTimeoutMs, retry: { maxPauseMs } });
  expect(retry.maxPauseMs).toBe(ms);
});

test('one given delay moves the default of the other', () => {
  expect(parseOptions({ apiToken, retry: { maxDelayMs: 100 } }).retry).toMatchObject({
    minDelayMs: 100,
    maxDelayMs: 100,
  });
  expect(parseOptions({ apiToken, retry: { minDelayMs: 40_000 } }).retry).toMatchObject({
    minDelayMs: 40_000,
    maxDelayMs: 40_000,
  });
});

describe('an unknown option', () => {
  test.each([
    [{ apitoken: 1 }, 'apitoken', 'apiToken'],
    [{ maxItem: 1 }, 'maxItem', 'batch.maxItems'],
    [{ batch: { maxItem: 1 } }, 'batch.maxItem', 'batch.maxItems'],
    [{ retry: { maxDelay: 1 } }, 'retry.maxDelay', 'retry.maxDelayMs'],
  ])('%j names the nearest', (input, path, near) => {
    const [issue, ...others] = issuesOf(input);
    expect(others).toEqual([]);
    expect(issue?.path).toBe(path);
    expect(issue?.message.split('is no option; the nearest is ')).toEqual(['', near]);
  });

  test.each([
    [{ batch: { foo: 1 } }, 'batch.foo'],
    [{ retry: { retries: 1 } }, 'retry.retries'],
    [{ journal: {} }, 'journal'],
  ])('%j is near to none, so none is named', (input, path) => {
    expect(issuesOf(input)).toEqual([{ path, message: 'is no option' }]);
  });

  test('may have any name', () => {
    const input: unknown = JSON.parse(`{"apiToken": "x", "__proto__": {"disabled": true}}`);
    expect(errorOf(input).issues).toEqual([{ path: '__proto__', message: expect.any(String) }]);
  });
});

test.each([7, 'https://app.prefactorai.com', [], () => 1])('%j is no options', (input) => {
  expect(errorOf(input).issues).toEqual([
    { path: 'options', message: expect.stringMatching(/^must be an object, but it is /) },
  ]);
});

describe('the token', () => {
  test('is needed, and the error says where to put it', () => {
    for (const input of [undefined, null, {}]) {
      expect(errorOf(input).message).toBe(
        'Invalid options: apiToken is missing: pass it, or set the environment variable PREFACTOR_API_TOKEN.',
      );
    }
  });

  test.each([
    '',
    ' ',
    'pf secret',
    'pf_secret\n',
    'pf_secret\r\nHost: evil',
    'pf_secret茶',
    7,
    null,
  ])('%j is refused, and never shown', (token) => {
    const error = errorOf({ apiToken: token });
    expect(error.issues).toEqual([
      { path: 'apiToken', message: expect.stringContaining('printable ASCII') },
    ]);
    expect(error.message).not.toContain('secret');
  });

  test.each([
    [{ apiToken: 'of7char' }, 'apiToken'],
    [{ apiToken: 'of7char', apiUrl: 'https://127.example' }, 'apiToken'],
    [{}, 'PREFACTOR_API_TOKEN'],
  ])('of less than 8 characters is refused, and never shown: %j', (options, path) => {
    vi.stubEnv('PREFACTOR_API_TOKEN', 'env_tok');
    const error = errorOf(options);
    expect(error.issues).toEqual([
      { path, message: expect.stringContaining('must have at least 8 characters') },
    ]);
    expect(error.message).not.toMatch(/of7char|env_tok/);
  });

  test.each([
    { apiUrl: 'http://localhost:4000' },
    { apiUrl: 'https://[::1]' },
    { fetch },
    { disabled: true },
  ])('may be shorter where it protects nothing: %j', (options) => {
    expect(parseOptions({ ...options, apiToken: 't' }).apiToken).toBe('t');
  });

  test('comes from the environment', () => {
    vi.stubEnv('PREFACTOR_API_TOKEN', 'pf_of_env');
    expect(parseOptions({}).apiToken).toBe('pf_of_env');
    expect(parseOptions({ apiToken }).apiToken).toBe(apiToken);
  });

  test('is checked there too', () => {
    vi.stubEnv('PREFACTOR_API_TOKEN', 'pf secret');
    const error = errorOf({});
    expect(error.issues).toEqual([{ path: 'PREFACTOR_API_TOKEN', message: expect.any(String) }]);
    expect(error.message).not.toContain('secret');
  });
});

test('the environment is read only for what was not given: Deno asks a person for each variable', () => {
  const read: unknown[] = [];
  const env = new Proxy({}, { get: (_env, name) => void read.push(name) });
  const { nextTick } = process;
  vi.stubGlobal('process', { env, nextTick });
  try {
    parseOptions({ apiUrl: 'https://api.example', apiToken, disabled: false, logger: false });
    expect(read).toEqual([]);
    parseOptions({ apiToken });
    expect(read).not.toContain('PREFACTOR_API_TOKEN');
    expect(read).toContain('PREFACTOR_API_URL');
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('the environment', () => {
  test('has the URL', () => {
    vi.stubEnv('PREFACTOR_API_URL', 'https://tea.example/api/v1');
    expect(parseOptions({ apiToken }).apiUrl).toBe('https://tea.example');
    expect(parseOptions({ apiToken, apiUrl: 'https://milk.example' }).apiUrl).toBe(
      'https://milk.example',
    );
  });

  test('is named when its URL is bad', () => {
    vi.stubEnv('PREFACTOR_API_URL', 'tea');
    expect(issuesOf({})).toEqual([
      {
        path: 'PREFACTOR_API_URL',
        message: 'must be an absolute URL that begins with https://, but it is "tea"',
      },
    ]);
  });

  test.each([
    ['1', true],
    ['true', true],
    ['TRUE', true],
    ['0', false],
    ['false', false],
    ['yes', false],
  ])('disables with %j: %j', (value, disabled) => {
    vi.stubEnv('PREFACTOR_AUTOBATCH_DISABLED', value);
    expect(parseOptions({ apiToken }).disabled).toBe(disabled);
    expect(parseOptions({ apiToken, disabled: !disabled }).disabled).toBe(!disabled);
  });
});

test('who is disabled needs no token', () => {
  expect(parseOptions({ disabled: true })).toMatchObject({ disabled: true, apiToken: undefined });
  vi.stubEnv('PREFACTOR_API_TOKEN', 'of no use');
  expect(parseOptions({ disabled: true }).disabled).toBe(true);
});

describe('the logger', () => {
  test('is fenced', () => {
    const logger = recordingLogger();
    parseOptions({ apiToken, logger }).logger.warn('tea');
    expect(logger.entries).toEqual([['warn', 'tea']]);
  });

  test('false is silence', () => {
    const spy = vi.spyOn(console, 'warn');
    parseOptions({ apiToken, logger: false }).logger.warn('tea');
    expect(spy).not.toHaveBeenCalled();
  });
});
