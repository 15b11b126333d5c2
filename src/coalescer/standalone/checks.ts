/**
 * What is wrong with options, items and listeners that users of the engine pass, in sentences. The client
 * has checks of its own, so it pays for none of this.
 */
import type { CheckTable, ValueCheck } from '../../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  integerFrom,
  mustBe,
  numberFrom,
  oneOf,
  oneOfMany,
  problemsOf,
} from '../../lib/value-checks.ts';
import { engineEvents } from '../ports/events.ts';
import type { CoalescerOptions } from '../ports/options.ts';
import { complete } from '../ports/options.ts';
import type { ToRecord } from '../ports/reason.ts';
import type { Name, NewItem } from '../ports/submission.ts';

type CheckTableOf<Fields> = { readonly [Name in keyof Fields]-?: ValueCheck | CheckTable };

const aCount = integerFrom(1, Number.MAX_SAFE_INTEGER);
const bytes = integerFrom(0, Number.MAX_SAFE_INTEGER);
const aDuration = numberFrom(0, Number.POSITIVE_INFINITY);
const aBound = numberFrom(1, Number.POSITIVE_INFINITY);
const aText = mustBe('a non-empty string', isText);
const texts = mustBe('an array of strings', isArrayOf(isString));
const names = mustBe('an array of names: ids, or whole numbers', isArrayOf(isName));
const aName = mustBe('an id, or a whole number', isName);

const options: CheckTableOf<CoalescerOptions> = {
  send: aFunction,
  read: aFunction,
  maxItems: aCount,
  maxBytes: aCount,
  envelopeBytes: bytes,
  separatorBytes: bytes,
  maxAnswerBytes: aBound,
  concurrency: aCount,
  maxWaitMs: aDuration,
  onSkipped: oneOf('requeue', 'reject'),
  queue: { maxItems: aBound, maxBytes: aBound } satisfies CheckTableOf<CoalescerOptions['queue']>,
  retry: {
    limit: aBound,
    minDelayMs: aDuration,
    maxDelayMs: aDuration,
    maxPauseMs: aDuration,
    itemCodes: texts,
  } satisfies CheckTableOf<CoalescerOptions['retry']>,
  deliveryTimeoutMs: aBound,
  attemptTimeoutMs: aBound,
  ping: aFunction,
  describe: aFunction,
  toError: aFunction,
  toRecord: { output: aFunction, failure: aFunction, error: aFunction } satisfies CheckTableOf<
    ToRecord<unknown>
  >,
  overdue: aFunction,
  onNamed: aFunction,
  schedule: aFunction,
  clock: mustBe('an object with the methods now, after', (value) =>
    ['now', 'after'].every((name) => typeof Object(value)[name] === 'function'),
  ),
  random: aFunction,
};

const item: CheckTableOf<NewItem> = {
  key: aText,
  text: mustBe(
    'a string, or an object with pieces and holes',
    (value) => isString(value) || isObject(value),
  ),
  type: aText,
  readAs: () => undefined,
  fingerprint: mustBe('a string', isString),
  makes: aName,
  changes: aName,
  uses: names,
  precedes: aText,
  follows: aText,
  overBound: aBoolean,
  echoBytes: aDuration,
  signal: mustBe('an AbortSignal', (value) => {
    const { aborted, addEventListener } = Object(value);
    return typeof aborted === 'boolean' && typeof addEventListener === 'function';
  }),
};

const holes = mustBe('an array of whole numbers', isArrayOf(Number.isSafeInteger));

export function problemsOfOptions(given: unknown): string[] {
  const found = problemsOf(given, options, 'options', ['send']);
  if (found.length > 0) return found;
  const { minDelayMs, maxDelayMs } = complete(given as CoalescerOptions).retry;
  if (minDelayMs <= maxDelayMs) return found;
  return [
    `options.retry.minDelayMs must be at most maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
  ];
}

/** A copy for which each field is read once. */
export function copyOfItem(given: unknown): unknown {
  if (!isObject(given)) return given;
  const names = new Set([...Object.keys(item), ...Object.keys(given)]);
  return Object.fromEntries(Array.from(names, (name) => [name, Reflect.get(given, name)]));
}

export function problemsOfItem(given: unknown): string[] {
  const found = problemsOf(given, item, 'submission', ['key', 'text']);
  if (found.length > 0) return found;
  const { text, makes } = given as NewItem;
  if (typeof text === 'string') return found;
  found.push(...problemsOf(text, { pieces: texts, holes }, 'submission.text', ['pieces', 'holes']));
  if (found.length > 0) return found;
  if (text.holes.some((hole) => hole === makes)) {
    found.push(`submission.text.holes must not have what it makes itself (${makes})`);
  } else if (text.pieces.length !== text.holes.length + 1) {
    found.push(
      `submission.text.pieces must be one more than holes (${text.holes.length}), but they are ${text.pieces.length}`,
    );
  }
  return found;
}

export function problemsOfListener(event: unknown, listener: unknown): string[] {
  const anEvent = oneOfMany('the name of an event', Object.keys(engineEvents));
  const table = { event: anEvent, listener: aFunction };
  return problemsOf({ event, listener }, table, '', Object.keys(table));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isText(value: unknown): boolean {
  return isString(value) && value !== '';
}

export function isName(value: unknown): value is Name {
  return isText(value) || Number.isSafeInteger(value);
}

function isArrayOf(isOne: (value: unknown) => boolean): (value: unknown) => boolean {
  // Array.from makes holes of a sparse array `undefined`, so that they are checked, too.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(isOne);
}
