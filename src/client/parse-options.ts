import * as z from 'zod/mini';
import { completeRetry } from '../coalescer/index.ts';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { invalidArgument } from '../errors/error-classes.ts';
import type { Logger } from '../lib/logger.ts';
import { aLogger, loggerOf } from '../lib/logger.ts';
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
import { isToken, isTooShort, shortTokenProblem, tokenProblem } from '../transport/api-token.ts';
import { DEFAULT_API_URL, readApiUrl } from '../transport/api-url.ts';
import type { Fetch } from '../transport/fetch-sender.ts';
import type { HeaderFields } from '../transport/header-fields.ts';
import { headerFields, headerRecord } from '../transport/header-fields.ts';
import { isSdkName } from '../transport/sdk-header.ts';
import type { BatchWindow } from './batch-window.ts';
import type {
  AutobatchOptions,
  BatchOptions,
  QueueOptions,
  RetryOptions,
} from './client-options.ts';
import { exitSignal } from './exit-signals.ts';

/** Those that have no default. */
type Optional = 'apiToken' | 'fetch' | 'beforeEnqueue' | 'waitUntil';

/** The options in use: checked, complete, frozen. The token is undefined only when `disabled`. */
export interface Options
  extends Complete<Omit<AutobatchOptions, Optional>>,
    Required<Pick<AutobatchOptions, Optional>> {
  readonly batch: Complete<BatchOptions>;
  readonly queue: Complete<QueueOptions>;
  readonly retry: Complete<RetryOptions>;
  readonly headers: Readonly<Record<string, string>>;
  /** Never throws. */
  readonly logger: Logger;
}

type Complete<Part> = { readonly [Name in keyof Part]-?: Exclude<Part[Name], undefined> };

/**
 * Checks what the user gave, and fills in the rest.
 * @throws {PrefactorInvalidArgumentError} with an issue for each thing that is wrong
 */
export function parseOptions(input: unknown): Options {
  const { data, error } = optionsSchema.safeParse(withoutPollution(input ?? {}));
  refuse(error?.issues.flatMap(optionIssuesOf) ?? []);
  const given = unpolluted(data as GivenOptions);
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
    retry: Object.freeze(retryOf(given, issues)),
    headers: Object.freeze(headerRecord(given.headers)),
    sdk: Object.freeze(given.sdk),
    exitSignals: Object.freeze(given.exitSignals),
    logger: loggerOf(given.logger),
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

function apiUrlOf(
  given: string | undefined,
  allowInsecure: boolean,
  issues: PrefactorIssue[],
): string {
  // Read only where it is needed: Deno asks a person for each variable.
  const url = given ?? env('PREFACTOR_API_URL') ?? DEFAULT_API_URL;
  const read = readApiUrl(url, allowInsecure);
  if ('url' in read) return read.url;
  const path = given === undefined ? 'PREFACTOR_API_URL' : 'apiUrl';
  const { problem, advice } = read;
  issues.push({ path, message: advice === undefined ? problem : `${problem}; ${advice}` });
  return '';
}

type GivenOptions = z.infer<typeof optionsSchema>;

function apiTokenOf(
  { apiToken: given, fetch }: GivenOptions,
  apiUrl: string,
  disabled: boolean,
  issues: PrefactorIssue[],
): ApiToken | undefined {
  const token = given ?? env('PREFACTOR_API_TOKEN');
  if (disabled) return token;
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

function retryOf(
  { retry: given, deliveryTimeoutMs }: GivenOptions,
  issues: PrefactorIssue[],
): Options['retry'] {
  const retry = completeRetry(unpolluted(given), deliveryTimeoutMs);
  const { minDelayMs, maxDelayMs, itemCodes } = retry;
  if (minDelayMs > maxDelayMs) {
    issues.push({
      path: 'retry.minDelayMs',
      message: `must be at most retry.maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
    });
  }
  return { ...retry, itemCodes: Object.freeze(itemCodes) };
}

function optionIssuesOf(issue: z.core.$ZodIssue): PrefactorIssue[] {
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

/** A value that `check` finds nothing wrong with; what it finds is the message. */
function optionBy<T>(check: ValueCheck): z.ZodMiniType<T, T> {
  return z.custom<T>((value) => check(value) === undefined, {
    error: ({ input }) => check(input) ?? '',
  });
}

function optionalBy<T>(check: ValueCheck): z.ZodMiniOptional<z.ZodMiniType<T, T>> {
  return z.optional(optionBy<T>(check));
}

function integerOption(min: number, max: number, initial: number) {
  return z._default(optionBy<number>(integerFrom(min, max)), initial);
}

const aBatchWindow = mustBe("'tick', milliseconds from 0 to 60000, or a function", (value) => {
  const isMs = typeof value === 'number' && value >= 0 && value <= 60_000;
  return isMs || value === 'tick' || typeof value === 'function';
});
const nameAtVersion = mustBe('name@version, without spaces', isSdkName);
const aTokenOption: ValueCheck = (value) =>
  typeof value === 'function' || isToken(value) ? undefined : tokenProblem;

function sectionOf<Fields extends z.core.$ZodShape>(fields: Fields) {
  return z.strictObject(fields, wrongKindOfOption('an object'));
}

function listOption(check: ValueCheck, initial: string[]) {
  return z._default(z.array(optionBy<string>(check), wrongKindOfOption('an array')), initial);
}

function wrongKindOfOption(kind: 'an object' | 'an array') {
  return {
    error: ({ input }: { readonly input?: unknown }) =>
      `must be ${kind}, but it is ${describeValue(input)}`,
  };
}

const sections = withCleanPrototype(() => ({
  batch: sectionOf({
    window: z._default(optionBy<BatchWindow>(aBatchWindow), 'tick'),
    maxItems: integerOption(1, 10_000, 100),
    maxBytes: integerOption(1_024, 100_000_000, 1_000_000),
    concurrency: integerOption(1, 256, 16),
    maxWaitMs: z._default(optionBy<number>(numberFrom(0, 60_000)), 20),
  }),
  queue: sectionOf({
    maxItems: integerOption(1, Number.MAX_SAFE_INTEGER, 100_000),
    maxBytes: integerOption(1, Number.MAX_SAFE_INTEGER, 64_000_000),
  }),
  // What has no default here is completed by the engine.
  retry: sectionOf({
    limit: optionalBy<number>(integerFrom(1, 1_000)),
    minDelayMs: optionalBy<number>(numberFrom(0, 60_000)),
    maxDelayMs: optionalBy<number>(numberFrom(0, 3_600_000)),
    maxPauseMs: optionalBy<number>(numberFrom(0, 86_400_000)),
    itemCodes: listOption(matching('a non-empty string', /./), [
      'temporarily_unavailable',
      'rate_limited',
      'unknown',
      'unexpected',
    ]),
  }),
}));

const optionsSchema = withCleanPrototype(() =>
  sectionOf({
    apiUrl: optionalBy<string>(mustBe('a URL, as a string', (value) => typeof value === 'string')),
    apiToken: optionalBy<ApiToken>(aTokenOption),
    batch: z.prefault(sections.batch, emptySection),
    maxItemBytes: integerOption(1, 100_000_000, 8_000_000),
    onSkipped: z._default(optionBy<'requeue' | 'reject'>(oneOf('requeue', 'reject')), 'requeue'),
    ids: z._default(optionBy<'client' | 'server'>(oneOf('client', 'server')), 'client'),
    queue: z.prefault(sections.queue, emptySection),
    retry: z.prefault(sections.retry, emptySection),
    attemptTimeoutMs: z._default(optionBy<number>(numberFrom(1, 3_600_000)), 30_000),
    deliveryTimeoutMs: z._default(
      optionBy<number>(numberFrom(1, Number.POSITIVE_INFINITY)),
      300_000,
    ),
    headers: z._default(optionBy<HeaderFields>(headerFields), {}),
    sdk: listOption(nameAtVersion, []),
    fetch: optionalBy<Fetch>(aFunction),
    beforeEnqueue: optionalBy<(action: WireAction) => WireAction | null>(aFunction),
    logger: optionalBy<Logger | false>(aLogger),
    disabled: optionalBy<boolean>(aBoolean),
    allowInsecure: z._default(optionBy<boolean>(aBoolean), false),
    exitSignals: listOption(exitSignal, []),
    waitUntil: optionalBy<(promise: Promise<unknown>) => void>(aFunction),
  }),
);

/** A field that all objects inherit is no option. */
function emptySection(): Record<string, never> {
  return unpolluted({});
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

/** As users write them: `batch.maxItems`. */
const optionPaths: readonly string[] = [
  ...Object.keys(optionsSchema.shape),
  ...Object.entries(sections).flatMap(([section, { shape }]) =>
    Object.keys(shape).map((name) => `${section}.${name}`),
  ),
];
