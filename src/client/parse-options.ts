import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { invalidArgument } from '../errors/error-classes.ts';
import type { Logger } from '../lib/logger.ts';
import { consoleLogger, debuggingLogger, safeLogger, silentLogger } from '../lib/logger.ts';
import { knownNames } from '../lib/nearest.ts';
import { unpolluted, withCleanPrototype } from '../lib/own-fields.ts';
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
  const { data, error } = schema.safeParse(withoutPollution(input ?? {}));
  refuse(error?.issues.flatMap(issuesOf) ?? []);
  const given = own(data as Given);
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
    retry: Object.freeze(retryOf(own(given.retry), given.deliveryTimeoutMs, issues)),
    headers: Object.freeze(headerRecord(given.headers)),
    sdk: Object.freeze(given.sdk),
    exitSignals: Object.freeze(given.exitSignals),
    logger: given.logger === false ? silentLogger : safeLogger(given.logger ?? defaultLogger()),
    fetch: given.fetch,
    beforeEnqueue: given.beforeEnqueue,
    waitUntil: given.waitUntil,
  };
  refuse(issues);
  return Object.freeze(options);
}

function refuse(issues: readonly PrefactorIssue[]): void {
  if (issues.length > 0) throw invalidArgument({ call: undefined, issues });
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

/**
 * A delay that was given moves the default of the other one, if it must; two are compared. A pause
 * leaves time for a few probes, so that a server's long wish cannot cost calls that one would save.
 */
function retryOf(
  given: Given['retry'],
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

function issuesOf(issue: z.core.$ZodIssue): PrefactorIssue[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys')
    return [{ path: path || 'options', message: issue.message }];
  return issue.keys.map((key) => unknownOption(path === '' ? key : `${path}.${key}`));
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

/** A value that `check` finds nothing wrong with; what it finds is the message. */
function checked<T>(check: ValueCheck): z.ZodMiniType<T, T> {
  return z.custom<T>((value) => check(value) === undefined, {
    error: ({ input }) => check(input) ?? '',
  });
}

function optional<T>(check: ValueCheck): z.ZodMiniOptional<z.ZodMiniType<T, T>> {
  return z.optional(checked<T>(check));
}

function integer(min: number, max: number, initial: number) {
  return z._default(checked<number>(integerFrom(min, max)), initial);
}

const aWindow = mustBe("'tick', milliseconds from 0 to 60000, or a function", isWindow);
const aLogger = mustBe(
  'false, or an object with the methods debug, info, warn and error',
  isLoggerOrFalse,
);
const nameAtVersion = matching(
  'name@version, without spaces',
  /^@?[\w.~-]+(\/[\w.~-]+)?@[\w.+-]+$/,
);
const aToken: ValueCheck = (value) =>
  typeof value === 'function' || isToken(value) ? undefined : tokenProblem;

/** The message for what is no object, or no array. */
function wrongKind(kind: 'an object' | 'an array') {
  return {
    error: ({ input }: { readonly input?: unknown }) =>
      `must be ${kind}, but it is ${describeValue(input)}`,
  };
}

const anObject = wrongKind('an object');
const anArray = wrongKind('an array');

const sections = withCleanPrototype(() => ({
  batch: z.strictObject(
    {
      window: z._default(checked<BatchWindow>(aWindow), 'tick'),
      maxItems: integer(1, 10_000, 100),
      maxBytes: integer(1_024, 100_000_000, 1_000_000),
      concurrency: integer(1, 256, 16),
      maxWaitMs: z._default(checked<number>(numberFrom(0, 60 * second)), 20),
    },
    anObject,
  ),
  queue: z.strictObject(
    {
      maxItems: integer(1, Number.MAX_SAFE_INTEGER, 100_000),
      maxBytes: integer(1, Number.MAX_SAFE_INTEGER, 64_000_000),
    },
    anObject,
  ),
  retry: z.strictObject(
    {
      limit: integer(1, 1_000, 10),
      minDelayMs: optional<number>(numberFrom(0, 60 * second)),
      maxDelayMs: optional<number>(numberFrom(0, hour)),
      maxPauseMs: optional<number>(numberFrom(0, day)),
      itemCodes: z._default(
        z.array(checked<string>(matching('a non-empty string', /./)), anArray),
        ['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected'],
      ),
    },
    anObject,
  ),
}));

const schema = withCleanPrototype(() =>
  z.strictObject(
    {
      apiUrl: optional<string>(mustBe('a URL, as a string', (value) => typeof value === 'string')),
      apiToken: optional<ApiToken>(aToken),
      batch: z.prefault(sections.batch, nothing),
      maxItemBytes: integer(1, 100_000_000, 8_000_000),
      onSkipped: z._default(checked<Options['onSkipped']>(oneOf('requeue', 'reject')), 'requeue'),
      ids: z._default(checked<Options['ids']>(oneOf('client', 'server')), 'client'),
      queue: z.prefault(sections.queue, nothing),
      retry: z.prefault(sections.retry, nothing),
      attemptTimeoutMs: z._default(checked<number>(numberFrom(1, hour)), 30 * second),
      deliveryTimeoutMs: z._default(
        checked<number>(numberFrom(1, Number.POSITIVE_INFINITY)),
        300 * second,
      ),
      headers: z._default(checked<HeaderFields>(headerFields), {}),
      sdk: z._default(z.array(checked<string>(nameAtVersion), anArray), []),
      fetch: optional<Fetch>(aFunction),
      beforeEnqueue: optional<(action: WireAction) => WireAction | null>(aFunction),
      logger: optional<Logger | false>(aLogger),
      disabled: optional<boolean>(aBoolean),
      allowInsecure: z._default(checked<boolean>(aBoolean), false),
      exitSignals: z._default(z.array(checked<string>(exitSignal), anArray), []),
      waitUntil: optional<(promise: Promise<unknown>) => void>(aFunction),
    },
    anObject,
  ),
);

const optionPaths: readonly string[] = [
  ...Object.keys(schema.shape),
  ...Object.entries(sections).flatMap(([section, { shape }]) =>
    Object.keys(shape).map((name) => `${section}.${name}`),
  ),
];

function nothing(): Record<string, never> {
  return own({});
}

/** Without a prototype: a field that all objects inherit is no option. */
function own<Fields extends object>(fields: Fields): Fields {
  return Object.assign(Object.create(null), fields);
}

/** The options, and their sections. */
function withoutPollution(input: unknown): unknown {
  const options: unknown = unpolluted(input);
  if (options !== input) {
    const fields = options as Record<string, unknown>;
    for (const name of Object.keys(sections)) fields[name] = unpolluted(fields[name]);
  }
  return options;
}

function isWindow(value: unknown): boolean {
  const isMs = typeof value === 'number' && value >= 0 && value <= 60 * second;
  return isMs || value === 'tick' || typeof value === 'function';
}

function isLoggerOrFalse(value: unknown): boolean {
  const methods = ['debug', 'info', 'warn', 'error'];
  return (
    value === false ||
    (typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof Reflect.get(value, name) === 'function'))
  );
}
