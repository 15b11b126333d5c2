import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/argument-error.ts';
import { invalidArgument } from '../errors/argument-error.ts';
import type { Logger } from '../lib/logger.ts';
import { consoleLogger, debuggingLogger, safeLogger, silentLogger } from '../lib/logger.ts';
import { knownNames } from '../lib/nearest.ts';
import { unpolluted, withCleanPrototype } from '../lib/prototype-pollution.ts';
import { env } from '../lib/runtime.ts';
import type { ValueCheck } from '../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  describeValue,
  integerFrom,
  matching,
  mustBe,
  numberFrom,
  oneOf,
} from '../lib/value-checks.ts';
import type { WireAction } from '../schemas/action.ts';
import type { ApiToken } from '../transport/api-token.ts';
import { isToken, isTooShort, shortTokenProblem, TOKEN } from '../transport/api-token.ts';
import { DEFAULT_API_URL, readApiUrl } from '../transport/api-url.ts';
import type { HeaderFields } from '../transport/header-fields.ts';
import { headerFields, headerRecord } from '../transport/header-fields.ts';
import type { Fetch } from '../transport/sender.ts';
import { exitSignal } from './exit-signals.ts';
import type { BatchWindow, Options } from './options.ts';

/**
 * Checks what the user gave, and fills in the rest.
 * @throws {PrefactorInvalidArgumentError} with an issue for each thing that is wrong
 */
export function parseOptions(input: unknown): Options {
  const parsed = schema.safeParse(withoutPollution(input ?? {}));
  if (!parsed.success) {
    const issues = parsed.error.issues.flatMap((issue) => issuesOf(issue, input));
    throw invalidArgument({ call: undefined, issues });
  }
  const given: Given = withoutPrototype(parsed.data);
  const issues: PrefactorIssue[] = [];
  const apiUrl = apiUrlOf(given.apiUrl, given.allowInsecure, issues);
  const disabled = given.disabled ?? /^(1|true)$/i.test(env('PREFACTOR_AUTOBATCH_DISABLED') ?? '');
  const options: Options = {
    ...given,
    disabled,
    apiUrl,
    apiToken: apiTokenOf(given, apiUrl, disabled, issues),
    batch: Object.freeze(given.batch),
    queue: Object.freeze(given.queue),
    retry: Object.freeze(retryOf(withoutPrototype(given.retry), given.deliveryTimeoutMs, issues)),
    headers: Object.freeze(headerRecord(given.headers)),
    sdk: Object.freeze(given.sdk),
    exitSignals: Object.freeze(given.exitSignals),
    logger: given.logger === false ? silentLogger : safeLogger(given.logger ?? defaultLogger()),
    fetch: given.fetch,
    beforeEnqueue: given.beforeEnqueue,
    waitUntil: given.waitUntil,
  };
  if (issues.length > 0) {
    throw invalidArgument({ call: undefined, issues });
  }
  return Object.freeze(options);
}

function defaultLogger(): Logger {
  return env('PREFACTOR_AUTOBATCH_LOG') === 'debug' ? debuggingLogger : consoleLogger;
}

function apiUrlOf(
  given: string | undefined,
  allowInsecure: boolean,
  issues: PrefactorIssue[],
): string {
  // Read only where it is needed: Deno asks a person for each variable.
  const url = given ?? env('PREFACTOR_API_URL') ?? DEFAULT_API_URL;
  const read = readApiUrl(url, allowInsecure);
  if ('url' in read) {
    return read.url;
  }
  const path = given === undefined ? 'PREFACTOR_API_URL' : 'apiUrl';
  const { problem, advice } = read;
  issues.push({ path, message: advice === undefined ? problem : `${problem}; ${advice}` });
  return '';
}

function apiTokenOf(
  { apiToken: given, fetch }: Given,
  apiUrl: string,
  disabled: boolean,
  issues: PrefactorIssue[],
): ApiToken | undefined {
  const token = given ?? env('PREFACTOR_API_TOKEN');
  if (disabled) {
    return token;
  }
  const path = given === undefined ? 'PREFACTOR_API_TOKEN' : 'apiToken';
  if (token === undefined) {
    issues.push({
      path: 'apiToken',
      message: 'is missing: pass it, or set the environment variable PREFACTOR_API_TOKEN',
    });
  } else if (given === undefined && !isToken(token)) {
    issues.push({ path, message: tokenProblem });
  } else if (typeof token === 'string' && isTooShort(token, apiUrl, fetch)) {
    issues.push({ path, message: shortTokenProblem });
  }
  return token;
}

type Given = z.infer<typeof schema>;

type Retry = z.infer<typeof retry>;

/**
 * A delay that was given moves the default of the other one, if it must; two are compared. A pause
 * leaves time for a few probes, so that a server's long wish cannot cost calls that one would save.
 */
function retryOf(
  given: Retry,
  deliveryTimeoutMs: number,
  issues: PrefactorIssue[],
): Options['retry'] {
  const minDelayMs = given.minDelayMs ?? Math.min(250, given.maxDelayMs ?? 250);
  const maxDelayMs = given.maxDelayMs ?? Math.max(30_000, minDelayMs);
  if (minDelayMs > maxDelayMs) {
    issues.push({
      path: 'retry.minDelayMs',
      message: `must be at most retry.maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
    });
  }
  const maxPauseMs = given.maxPauseMs ?? Math.min(60 * second, deliveryTimeoutMs / 5);
  return {
    ...given,
    itemCodes: Object.freeze(given.itemCodes),
    minDelayMs,
    maxDelayMs,
    maxPauseMs,
  };
}

function issuesOf(issue: z.core.$ZodIssue, input: unknown): PrefactorIssue[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownOption(path === '' ? key : `${path}.${key}`));
  }
  if (issue.code === 'invalid_type') {
    const given = issue.path.reduce(
      (value: unknown, key) => Reflect.get(Object(value), key),
      input,
    );
    return [
      {
        path: path || 'options',
        message: `must be an ${issue.expected}, but it is ${describeValue(given)}`,
      },
    ];
  }
  return [{ path, message: issue.message }];
}

function unknownOption(path: string): PrefactorIssue {
  // Not the section that the unknown one stands in: that much its writer knew.
  const others = optionPaths.filter((option) => !path.startsWith(`${option}.`));
  return { path, message: `is no option${knownNames(path, others)}` };
}

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

const tokenProblem = `must be a string of ${TOKEN}, or a function that gives one`;

/** A value that `check` finds nothing wrong with; what it finds is the issue's message. */
function checked<T>(check: ValueCheck): z.ZodMiniCustom<T, T> {
  return z.custom<T>((value) => check(value) === undefined, {
    error: ({ input }) => check(input) ?? '',
  });
}

const batch = withCleanPrototype(() =>
  z.strictObject({
    window: z._default(
      checked<BatchWindow>(
        mustBe(
          "'tick', milliseconds from 0 to 60000, or a function",
          (value) =>
            value === 'tick' ||
            typeof value === 'function' ||
            numberFrom(0, 60 * second)(value) === undefined,
        ),
      ),
      'tick',
    ),
    maxItems: z._default(checked<number>(integerFrom(1, 10_000)), 100),
    maxBytes: z._default(checked<number>(integerFrom(1_024, 100_000_000)), 1_000_000),
    concurrency: z._default(checked<number>(integerFrom(1, 256)), 16),
    maxWaitMs: z._default(checked<number>(numberFrom(0, 60 * second)), 20),
  }),
);

const queue = withCleanPrototype(() =>
  z.strictObject({
    maxItems: z._default(checked<number>(integerFrom(1, Number.MAX_SAFE_INTEGER)), 100_000),
    maxBytes: z._default(checked<number>(integerFrom(1, Number.MAX_SAFE_INTEGER)), 64_000_000),
  }),
);

const retry = withCleanPrototype(() =>
  z.strictObject({
    limit: z._default(checked<number>(integerFrom(1, 1_000)), 10),
    minDelayMs: z.optional(checked<number>(numberFrom(0, 60 * second))),
    maxDelayMs: z.optional(checked<number>(numberFrom(0, hour))),
    maxPauseMs: z.optional(checked<number>(numberFrom(0, day))),
    itemCodes: z._default(z.array(checked<string>(matching('a non-empty string', /./))), [
      'temporarily_unavailable',
      'rate_limited',
      'unknown',
      'unexpected',
    ]),
  }),
);

const nameAtVersion = matching(
  'name@version, without spaces',
  /^@?[\w.~-]+(\/[\w.~-]+)?@[\w.+-]+$/,
);
const loggerOrFalse = mustBe(
  'false, or an object with the methods debug, info, warn and error',
  isLoggerOption,
);

const schema = withCleanPrototype(() =>
  z.strictObject({
    apiUrl: z.optional(
      checked<string>(mustBe('a URL, as a string', (value) => typeof value === 'string')),
    ),
    apiToken: z.optional(
      checked<ApiToken>((value) =>
        typeof value === 'function' || isToken(value) ? undefined : tokenProblem,
      ),
    ),
    batch: z.prefault(batch, nothing),
    maxItemBytes: z._default(checked<number>(integerFrom(1, 100_000_000)), 8_000_000),
    onSkipped: z._default(checked<Options['onSkipped']>(oneOf('requeue', 'reject')), 'requeue'),
    ids: z._default(checked<Options['ids']>(oneOf('client', 'server')), 'client'),
    queue: z.prefault(queue, nothing),
    retry: z.prefault(retry, nothing),
    attemptTimeoutMs: z._default(checked<number>(numberFrom(1, hour)), 30 * second),
    deliveryTimeoutMs: z._default(
      checked<number>(numberFrom(1, Number.POSITIVE_INFINITY)),
      300 * second,
    ),
    headers: z._default(checked<HeaderFields>(headerFields), {}),
    sdk: z._default(z.array(checked<string>(nameAtVersion)), []),
    fetch: z.optional(checked<Fetch>(aFunction)),
    beforeEnqueue: z.optional(checked<(action: WireAction) => WireAction | null>(aFunction)),
    logger: z.optional(checked<Logger | false>(loggerOrFalse)),
    disabled: z.optional(checked<boolean>(aBoolean)),
    allowInsecure: z._default(checked<boolean>(aBoolean), false),
    exitSignals: z._default(z.array(checked<string>(exitSignal)), []),
    waitUntil: z.optional(checked<(promise: Promise<unknown>) => void>(aFunction)),
  }),
);

const optionPaths: readonly string[] = [
  ...Object.keys(schema.shape),
  ...Object.keys(batch.shape).map((name) => `batch.${name}`),
  ...Object.keys(queue.shape).map((name) => `queue.${name}`),
  ...Object.keys(retry.shape).map((name) => `retry.${name}`),
];

function nothing(): Record<string, never> {
  return withoutPrototype({});
}

function withoutPrototype<Fields extends object>(fields: Fields): Fields {
  return Object.assign(Object.create(null), fields);
}

/** What was given, and its sections. */
function withoutPollution(input: unknown): unknown {
  const options: unknown = unpolluted(input);
  if (options !== input) {
    const fields = options as Record<string, unknown>;
    for (const name of ['batch', 'queue', 'retry']) fields[name] = unpolluted(fields[name]);
  }
  return options;
}

function isLoggerOption(value: unknown): boolean {
  const methods = ['debug', 'info', 'warn', 'error'];
  return (
    value === false ||
    (typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof Reflect.get(value, name) === 'function'))
  );
}
