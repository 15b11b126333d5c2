/**
 * What options, submissions and listeners have to be, for those who use the engine by itself. The client
 * makes its own and checks what it is given before, so it pays for none of this.
 */
import { nearest } from '../../lib/nearest.ts';
import type { ValueCheck } from '../../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  describeValue,
  integerFrom,
  mustBe,
  numberFrom,
  oneOf,
} from '../../lib/value-checks.ts';
import { complete } from '../complete-options.ts';
import { engineEvents } from '../ports/events.ts';
import type { CoalescerOptions } from '../ports/options.ts';
import type { Name } from '../ports/submission.ts';
import type { NewItem, TextWithHoles } from './new-item.ts';

type ChecksOf<Fields> = { readonly [Name in keyof Fields]-?: ValueCheck };

const most = Number.MAX_SAFE_INTEGER;
const aDuration = numberFrom(0, Number.POSITIVE_INFINITY);
const aBound = numberFrom(1, Number.POSITIVE_INFINITY);
const aText = mustBe('a non-empty string', isText);
const aString = mustBe('a string', (value) => typeof value === 'string');
const anObject = mustBe('an object', (value) => typeof value === 'object' && value !== null);
const texts = mustBe(
  'an array of strings',
  isArrayOf((value) => typeof value === 'string'),
);
const names = mustBe('an array of names: ids, or whole numbers', isArrayOf(isName));
const aName = mustBe('an id, or a whole number', isName);

const queue: ChecksOf<CoalescerOptions['queue'] & object> = {
  maxItems: optional(aBound),
  maxBytes: optional(aBound),
};

const retry: ChecksOf<CoalescerOptions['retry'] & object> = {
  limit: optional(aBound),
  minDelayMs: optional(aDuration),
  maxDelayMs: optional(aDuration),
  maxPauseMs: optional(aDuration),
  itemCodes: optional(texts),
};

const options: ChecksOf<CoalescerOptions> = {
  send: aFunction,
  read: optional(aFunction),
  maxItems: optional(integerFrom(1, most)),
  maxBytes: optional(integerFrom(1, most)),
  envelopeBytes: optional(integerFrom(0, most)),
  separatorBytes: optional(integerFrom(0, most)),
  maxAnswerBytes: optional(aBound),
  concurrency: optional(integerFrom(1, most)),
  maxWaitMs: optional(aDuration),
  onSkipped: optional(oneOf('requeue', 'reject')),
  queue: optional(anObject),
  retry: optional(anObject),
  deliveryTimeoutMs: optional(aBound),
  attemptTimeoutMs: optional(aBound),
  ping: optional(aFunction),
  describe: optional(aFunction),
  toError: optional(aFunction),
  toRecord: optional(aFunction),
  overdue: optional(aFunction),
  onNamed: optional(aFunction),
  schedule: optional(aFunction),
  clock: optional(withMethods('now', 'after')),
  random: optional(aFunction),
};

const item: ChecksOf<NewItem> = {
  key: aText,
  text: mustBe(
    'a string, or an object with pieces and holes',
    (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  ),
  type: optional(aText),
  readAs: anything,
  fingerprint: optional(aString),
  makes: optional(aName),
  changes: optional(aName),
  uses: optional(names),
  precedes: optional(aText),
  follows: optional(aText),
  overBound: optional(aBoolean),
  echoBytes: optional(aDuration),
  signal: optional(aSignal),
};

const textWithHoles: ChecksOf<TextWithHoles> = {
  pieces: texts,
  holes: mustBe('an array of whole numbers', isArrayOf(isNumber)),
};

/** What is wrong with what an engine is made of, in sentences; none: nothing. */
export function problemsOfOptions(given: unknown): string[] {
  const found = problemsOf(given, options, 'options');
  if (found.length > 0) return found;
  const right = given as CoalescerOptions;
  found.push(
    ...problemsOf(right.queue ?? {}, queue, 'options.queue'),
    ...problemsOf(right.retry ?? {}, retry, 'options.retry'),
  );
  if (found.length > 0) return found;
  const { minDelayMs, maxDelayMs } = complete(right).retry;
  if (minDelayMs > maxDelayMs) {
    found.push(
      `options.retry.minDelayMs must be at most maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
    );
  }
  return found;
}

/** Its fields, each read once, and what else it has of its own. */
export function copyOfItem(given: unknown): unknown {
  if (anObject(given) !== undefined) return given;
  const names = new Set([...Object.keys(item), ...Object.keys(Object(given))]);
  return Object.fromEntries(Array.from(names, (name) => [name, Reflect.get(Object(given), name)]));
}

export function problemsOfItem(given: unknown): string[] {
  const found = problemsOf(given, item, 'submission');
  if (found.length > 0) return found;
  const { text, makes } = given as NewItem;
  if (typeof text === 'string') return found;
  found.push(...problemsOf(text, textWithHoles, 'submission.text'));
  if (found.length === 0 && text.holes.some((hole) => hole === makes)) {
    found.push(`submission.text.holes must not have what it makes itself (${makes})`);
  }
  if (found.length === 0 && text.pieces.length !== text.holes.length + 1) {
    found.push(
      `submission.text.pieces must be one more than holes (${text.holes.length}), but they are ${text.pieces.length}`,
    );
  }
  return found;
}

export function problemsOfListener(event: unknown, listener: unknown): string[] {
  const found: string[] = [];
  if (typeof event !== 'string' || !Object.hasOwn(engineEvents, event)) {
    const hint =
      typeof event === 'string'
        ? `; the nearest is '${nearest(event, Object.keys(engineEvents))}'`
        : '';
    found.push(`event must be the name of an event, but it is ${describeValue(event)}${hint}`);
  }
  const problem = aFunction(listener);
  if (problem !== undefined) found.push(`listener ${problem}`);
  return found;
}

function problemsOf(
  given: unknown,
  checks: Readonly<Record<string, ValueCheck>>,
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

function anything(): undefined {}

function optional(check: ValueCheck): ValueCheck {
  return (value) => (value === undefined ? undefined : check(value));
}

function withMethods(...methods: readonly string[]): ValueCheck {
  return mustBe(`an object with the methods ${methods.join(', ')}`, (value) =>
    methods.every((name) => typeof Object(value)[name] === 'function'),
  );
}

function aSignal(value: unknown): string | undefined {
  const { aborted, addEventListener } = Object(value);
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
    ? undefined
    : `must be an AbortSignal, but it is ${describeValue(value)}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

export function isName(value: unknown): value is Name {
  return isText(value) || isNumber(value);
}

function isArrayOf(isOne: (value: unknown) => boolean): (value: unknown) => boolean {
  // Holes of the array included.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(isOne);
}
