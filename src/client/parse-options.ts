import type { PrefactorIssue } from '../errors/argument-error.ts';
import { invalidArgument } from '../errors/argument-error.ts';
import type { Logger } from '../lib/logger.ts';
import { consoleLogger, debuggingLogger, safeLogger, silentLogger } from '../lib/logger.ts';
import { knownNames } from '../lib/nearest.ts';
import { unpolluted } from '../lib/own-fields.ts';
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
import { isObject } from '../schemas/check.ts';
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
  const issues: PrefactorIssue[] = [];
  const given = read(input ?? {}, table, '', issues);
  refuse(issues);
  const apiUrl = apiUrlOf(given.apiUrl, given.allowInsecure, issues);
  const disabled = given.disabled ?? /^(1|true)$/i.test(env('PREFACTOR_AUTOBATCH_DISABLED') ?? '');
  const options: Options = {
    ...given,
    disabled,
    apiUrl,
    apiToken: apiTokenOf(given, apiUrl, disabled, issues),
    retry: Object.freeze(retryOf(given.retry, given.deliveryTimeoutMs, issues)),
    headers: Object.freeze(headerRecord(given.headers)),
    logger: given.logger === false ? silentLogger : safeLogger(given.logger ?? defaultLogger()),
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

type Given = Filled<typeof table>;

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

/** Reads a section: checked, complete and frozen. Adds to `issues` what is wrong with it. */
function read<Table extends OptionTable>(
  input: unknown,
  options: Table,
  section: string,
  issues: PrefactorIssue[],
): Filled<Table> {
  const at = (name: string): string => (section === '' ? name : `${section}.${name}`);
  const given = isObject(input) ? unpolluted(input) : {};
  if (!isObject(input)) {
    const message = `must be an object, but it is ${describeValue(input)}`;
    issues.push({ path: section || 'options', message });
  }
  // Without a prototype: a field that all objects inherit is no option.
  const filled = Object.create(null);
  for (const [name, option] of Object.entries(options)) {
    const value = given[name];
    if ('section' in option) {
      filled[name] = read(value === undefined ? {} : value, option.section, at(name), issues);
    } else {
      filled[name] = value === undefined ? option.initial : option.read(value, at(name), issues);
    }
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(options, name)) issues.push(unknownOption(at(name)));
  }
  return Object.freeze(filled);
}

function unknownOption(path: string): PrefactorIssue {
  // Not the section that the unknown one stands in: that much its writer knew.
  const others = optionPaths.filter((option) => !path.startsWith(`${option}.`));
  return { path, message: `is no option${knownNames(path, others)}` };
}

interface Option<Value> {
  readonly initial: Value;
  read(value: unknown, path: string, issues: PrefactorIssue[]): Value;
}

interface Section<Table> {
  readonly section: Table;
}

interface OptionTable {
  readonly [name: string]: Option<unknown> | Section<OptionTable>;
}

type Filled<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Section<infer Inner>
    ? Filled<Inner>
    : Table[Name] extends Option<infer Value>
      ? Value
      : never;
};

/** An option with which `check` finds nothing wrong; `initial` is what it is where it was left out. */
function option<Value>(check: ValueCheck, initial: Value): Option<Value> {
  return {
    initial,
    read(value, path, issues) {
      const message = check(value);
      if (message !== undefined) issues.push({ path, message });
      return value as Value;
    },
  };
}

/** One that may be left out. */
function optional<Value>(check: ValueCheck): Option<Value | undefined> {
  return option<Value | undefined>(check, undefined);
}

/** A list of which `check` finds nothing wrong with any. */
function list(check: ValueCheck, ...initial: readonly string[]): Option<readonly string[]> {
  return {
    initial: Object.freeze(initial),
    read(value, path, issues) {
      const whole = anArray(value);
      if (whole !== undefined) issues.push({ path, message: whole });
      const items: readonly string[] = whole === undefined ? Array.from(value as string[]) : [];
      for (const [place, item] of items.entries()) {
        const message = check(item);
        if (message !== undefined) issues.push({ path: `${path}.${place}`, message });
      }
      return Object.freeze(items);
    },
  };
}

const anArray = mustBe('an array', Array.isArray);

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

const tokenProblem = `must be a string of ${TOKEN}, or a function that gives one`;

const aWindow = mustBe(
  "'tick', milliseconds from 0 to 60000, or a function",
  (value) =>
    value === 'tick' ||
    typeof value === 'function' ||
    numberFrom(0, 60 * second)(value) === undefined,
);
const nameAtVersion = matching(
  'name@version, without spaces',
  /^@?[\w.~-]+(\/[\w.~-]+)?@[\w.+-]+$/,
);
const loggerOrFalse = mustBe(
  'false, or an object with the methods debug, info, warn and error',
  isLoggerOption,
);

const batch = {
  window: option<BatchWindow>(aWindow, 'tick'),
  maxItems: option(integerFrom(1, 10_000), 100),
  maxBytes: option(integerFrom(1_024, 100_000_000), 1_000_000),
  concurrency: option(integerFrom(1, 256), 16),
  maxWaitMs: option(numberFrom(0, 60 * second), 20),
};

const queue = {
  maxItems: option(integerFrom(1, Number.MAX_SAFE_INTEGER), 100_000),
  maxBytes: option(integerFrom(1, Number.MAX_SAFE_INTEGER), 64_000_000),
};

const retry = {
  limit: option(integerFrom(1, 1_000), 10),
  minDelayMs: optional<number>(numberFrom(0, 60 * second)),
  maxDelayMs: optional<number>(numberFrom(0, hour)),
  maxPauseMs: optional<number>(numberFrom(0, day)),
  itemCodes: list(
    matching('a non-empty string', /./),
    'temporarily_unavailable',
    'rate_limited',
    'unknown',
    'unexpected',
  ),
};

const table = {
  apiUrl: optional<string>(mustBe('a URL, as a string', (value) => typeof value === 'string')),
  apiToken: optional<ApiToken>((value) =>
    typeof value === 'function' || isToken(value) ? undefined : tokenProblem,
  ),
  batch: { section: batch },
  maxItemBytes: option(integerFrom(1, 100_000_000), 8_000_000),
  onSkipped: option<Options['onSkipped']>(oneOf('requeue', 'reject'), 'requeue'),
  ids: option<Options['ids']>(oneOf('client', 'server'), 'client'),
  queue: { section: queue },
  retry: { section: retry },
  attemptTimeoutMs: option(numberFrom(1, hour), 30 * second),
  deliveryTimeoutMs: option(numberFrom(1, Number.POSITIVE_INFINITY), 300 * second),
  headers: option<HeaderFields>(headerFields, {}),
  sdk: list(nameAtVersion),
  fetch: optional<Fetch>(aFunction),
  beforeEnqueue: optional<(action: WireAction) => WireAction | null>(aFunction),
  logger: optional<Logger | false>(loggerOrFalse),
  disabled: optional<boolean>(aBoolean),
  allowInsecure: option(aBoolean, false),
  exitSignals: list(exitSignal),
  waitUntil: optional<(promise: Promise<unknown>) => void>(aFunction),
};

const optionPaths: readonly string[] = Object.entries(table).flatMap(([name, one]) =>
  'section' in one ? [name, ...Object.keys(one.section).map((inner) => `${name}.${inner}`)] : name,
);

function isLoggerOption(value: unknown): boolean {
  const methods = ['debug', 'info', 'warn', 'error'];
  return (
    value === false ||
    (typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof Reflect.get(value, name) === 'function'))
  );
}
