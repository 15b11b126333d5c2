/**
 * What settings, ports and submissions have to be, for those who use the engine by itself. The client
 * makes its own and checks what it is given before, so it pays for none of this.
 */
import { utf8Length } from '../internal/bytes.ts';
import type { Check } from '../internal/checks.ts';
import {
  aBoolean,
  aFunction,
  integerFrom,
  numberFrom,
  oneOf,
  shown,
  wanted,
} from '../internal/checks.ts';
import { nearest } from '../internal/nearest.ts';
import type { CoalescerPorts, CoalescerSettings } from './coalescer.ts';
import type { ExecuteOptions } from './intake.ts';
import { Item } from './item.ts';
import type { Batch, Name, Submission } from './ports.ts';

type ChecksOf<Fields> = { readonly [Name in keyof Fields]-?: Check };

const most = Number.MAX_SAFE_INTEGER;
const aDuration = numberFrom(0, Number.POSITIVE_INFINITY);
const aBound = numberFrom(1, Number.POSITIVE_INFINITY);
const aText = wanted('a non-empty string', isText);
const aString = wanted('a string', (value) => typeof value === 'string');
const anObject = wanted('an object', (value) => typeof value === 'object' && value !== null);
const aClaim = wanted('an object with `pending`, which is undefined at first', (value) =>
  isClaim(Object(value)),
);
const texts = wanted(
  'an array of strings',
  isArrayOf((value) => typeof value === 'string'),
);
const names = wanted('an array of names: ids, or whole numbers', isArrayOf(isName));
const aName = wanted('an id, or a whole number', isName);

const queue: ChecksOf<CoalescerSettings['queue']> = { maxItems: aBound, maxBytes: aBound };

const retry: ChecksOf<CoalescerSettings['retry']> = {
  limit: aBound,
  minDelayMs: aDuration,
  maxDelayMs: aDuration,
  maxPauseMs: aDuration,
  itemCodes: texts,
};

const settings: ChecksOf<CoalescerSettings> = {
  maxItems: integerFrom(1, most),
  maxBytes: integerFrom(1, most),
  maxAnswerBytes: optional(aBound),
  maxWaitMs: aDuration,
  concurrency: integerFrom(1, most),
  envelopeBytes: integerFrom(0, most),
  separatorBytes: integerFrom(0, most),
  onSkipped: oneOf('requeue', 'reject'),
  queue: anObject,
  retry: anObject,
  deliveryTimeoutMs: aBound,
  attemptTimeoutMs: optional(aBound),
};

const ports: ChecksOf<CoalescerPorts<unknown>> = {
  send: aFunction,
  read: optional(aFunction),
  ping: optional(aFunction),
  overdue: optional(aFunction),
  toError: optional(aFunction),
  toRecord: optional(aFunction),
  describe: optional(aFunction),
  clock: optional(withMethods('now', 'after')),
  random: optional(aFunction),
  schedule: optional(aFunction),
  events: optional(withMethods('has', 'emit', 'deliver')),
  onNamed: optional(aFunction),
};

const submission: ChecksOf<Submission> = {
  key: aText,
  fingerprint: optional(aString),
  hasNewKey: optional(aBoolean),
  claim: optional(aClaim),
  type: aText,
  pieces: texts,
  bytes: integerFrom(0, most),
  echoBytes: optional(aDuration),
  holes: wanted('an array of whole numbers', isArrayOf(isNumber)),
  makes: optional(aName),
  hasNewName: optional(aBoolean),
  changes: optional(aName),
  uses: optional(names),
  precedes: optional(aText),
  follows: optional(aText),
  overBound: optional(aBoolean),
  signal: optional(aSignal),
  readAs: () => undefined,
};

const batch: ChecksOf<Batch> = {
  keys: wanted(
    'an array of non-empty strings, at least one',
    (value) => isFilled(value) && value.every(isText),
  ),
  texts,
  bytes: integerFrom(1, most),
  writeTo: optional(aFunction),
};

const executeOptions: ChecksOf<ExecuteOptions> = {
  type: optional(aText),
  signal: optional(aSignal),
};

/** What is wrong with what an engine is made of, in sentences; none: nothing. */
export function problemsOfEngine(givenPorts: unknown, givenSettings: unknown): string[] {
  const found = [
    ...problemsOf(givenPorts, ports, 'ports'),
    ...problemsOf(givenSettings, settings, 'settings'),
  ];
  if (found.length > 0) return found;
  const given = givenSettings as CoalescerSettings;
  found.push(
    ...problemsOf(given.queue, queue, 'settings.queue'),
    ...problemsOf(given.retry, retry, 'settings.retry'),
  );
  const { minDelayMs, maxDelayMs } = given.retry;
  if (minDelayMs > maxDelayMs) {
    found.push(
      `settings.retry.minDelayMs must be at most maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
    );
  }
  return found;
}

export function problemsOfSubmission(given: unknown): string[] {
  const found = problemsOf(given, submission, 'submission');
  if (found.length > 0) return found;
  const { pieces, holes, bytes } = given as Submission;
  if (pieces.length !== holes.length + 1) {
    found.push(
      `submission.pieces must be one more than holes (${holes.length}), but they are ${pieces.length}`,
    );
  }
  const actual = pieces.reduce((sum, piece) => sum + utf8Length(piece), 0);
  if (bytes !== actual) {
    found.push(
      `submission.bytes must be the UTF-8 bytes of its pieces (${actual}), but it is ${bytes}`,
    );
  }
  return found;
}

export function problemsOfExecution(given: unknown, options: unknown): string[] {
  const found = problemsOf(given, batch, 'batch');
  if (options !== undefined) found.push(...problemsOf(options, executeOptions, 'options'));
  if (found.length > 0) return found;
  const { keys, texts: theirs } = given as Batch;
  if (theirs.length !== keys.length) {
    found.push(
      `batch.texts must be as many as its keys (${keys.length}), but they are ${theirs.length}`,
    );
  }
  const double = keys.findIndex((key, place) => keys.indexOf(key) !== place);
  if (double >= 0) found.push(`batch.keys must be unique, but the one at ${double} came before`);
  return found;
}

function problemsOf(
  given: unknown,
  checks: Readonly<Record<string, Check>>,
  path: string,
): string[] {
  const problem = anObject(given);
  if (problem !== undefined) return [`${path} ${problem}`];
  const known = Object.keys(checks);
  const unknown = Object.keys(Object(given))
    .filter((name) => !Object.hasOwn(checks, name))
    .map((name) => `${path}.${name} is not known here; the nearest is ${nearest(name, known)}`);
  const wrong = known.flatMap((name) => {
    const message = checks[name]?.(Reflect.get(Object(given), name));
    return message === undefined ? [] : [`${path}.${name} ${message}`];
  });
  return [...unknown, ...wrong];
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

function withMethods(...methods: readonly string[]): Check {
  return wanted(`an object with the methods ${methods.join(', ')}`, (value) =>
    methods.every((name) => typeof Object(value)[name] === 'function'),
  );
}

function aSignal(value: unknown): string | undefined {
  const { aborted, addEventListener } = Object(value);
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
    ? undefined
    : `must be an AbortSignal, but it is ${shown(value)}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isClaim(value: object): boolean {
  const pending: unknown = Reflect.get(value, 'pending');
  return 'pending' in value && (pending === undefined || pending instanceof Item);
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

export function isName(value: unknown): value is Name {
  return isText(value) || isNumber(value);
}

function isFilled(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isArrayOf(isOne: (value: unknown) => boolean): (value: unknown) => boolean {
  // Holes of the array included.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(isOne);
}
