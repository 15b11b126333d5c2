// Whether what a test gives the emulator can be meant so: a name that is misspelt, or a rate of 5, would
// otherwise change nothing, and the test would prove nothing.

import { nearest } from '../../lib/nearest.ts';
import type { ValueCheck } from '../../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  integerFrom,
  mustBe,
  numberFrom,
  oneOf,
  shown,
} from '../../lib/value-checks.ts';
import type { FaultKind, FaultRates } from '../faults/fault-types.ts';
import { ROUTE_TYPES } from '../wire/routes.ts';

/** The fields that an object may have. One that is undefined counts as left out. */
interface Shape {
  readonly [field: string]: ValueCheck | Shape;
}

const ANYTHING: ValueCheck = () => undefined;
/** The longest that a timer waits. */
const MAX_MS = 2 ** 31 - 1;
const ms = numberFrom(0, MAX_MS);
const aString = mustBe('a string', (value) => typeof value === 'string');
const aWord = mustBe(
  'a string that is not empty',
  (value) => typeof value === 'string' && value !== '',
);
const anItem = mustBe(
  "an item's key, or a function that is given an item",
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
);
const status = integerFrom(200, 599);
const rate = numberFrom(0, 1);
const limit = countFrom(0);
const times = countFrom(1);

const ITEM_ERROR: Shape = { code: aWord, message: aString, errors: ANYTHING, retryAfterMs: ms };

const FAULTS: Readonly<Record<FaultKind, Shape>> = {
  delay: {},
  dropBefore: {},
  dropAfter: {},
  dropMiddle: {},
  truncate: { length: limit },
  html: { status, afterWork: aBoolean },
  endless: { status, afterWork: aBoolean },
  status: {
    status,
    code: aWord,
    message: aString,
    errors: ANYTHING,
    retryAfter: mustBe(
      'seconds, a Date, or a text that a header may have',
      (value) =>
        numberFrom(0, Number.POSITIVE_INFINITY)(value) === undefined ||
        (value instanceof Date && !Number.isNaN(value.getTime())) ||
        (typeof value === 'string' && areHeaders({ 'retry-after': value })),
    ),
    retryAfterMs: ms,
    location: mustBe('a text that a header may have', (value) => areHeaders({ location: value })),
    headers: mustBe('an object of header fields', areHeaders),
    body: aString,
    afterWork: aBoolean,
  },
  omit: { item: anItem, runs: aBoolean },
  extra: { key: aString },
  wrongId: { item: anItem },
};
const KINDS = Object.keys(FAULTS);
/** Those that leave the outputs alone, so that they can keep all items of a request from running. */
const POISONS: readonly string[] = [
  'delay',
  'dropBefore',
  'dropAfter',
  'html',
  'endless',
  'status',
];
/** There is nothing else that these could befall. */
const OF_BULK: readonly string[] = ['omit', 'extra'];

const target = word('a kind of request, or a single endpoint', ['any', 'single', ...ROUTE_TYPES]);

const PLAN: Shape = {
  rates: Object.fromEntries(
    [...KINDS, 'itemTransient', 'itemPermanent'].map((name) => [name, rate]),
  ),
  on: target,
  seed: integerFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  maxDelayMs: ms,
  statuses: mustBe(
    'a list of statuses from 200 to 599',
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => status(one) === undefined),
  ),
  retryAfter: numberFrom(0, Number.POSITIVE_INFINITY),
  transient: ITEM_ERROR,
  permanent: ITEM_ERROR,
};

const OPTIONS: Shape = {
  token: mustBe(
    'a token without blanks, or a function that decides',
    (value) => typeof value === 'function' || (typeof value === 'string' && /^\S+$/.test(value)),
  ),
  tokenKind: oneOf('deployment', 'account'),
  seed: integerFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  now: aFunction,
  delay: aFunction,
  latencyMs: mustBe(
    `milliseconds from 0 to ${MAX_MS}, or a function that gives them`,
    (value) => typeof value === 'function' || ms(value) === undefined,
  ),
  itemMs: ms,
  maxItems: limit,
  maxBytes: limit,
  maxInFlight: limit,
  maxPerSecond: limit,
  strict: aBoolean,
  repeats: oneOf('replay', 'refuse'),
  storeErrors: aBoolean,
  takenId: ITEM_ERROR,
  alwaysControl: aBoolean,
  samePartition: aBoolean,
  record: aBoolean,
  faults: PLAN,
  onAnswer: aFunction,
};

/** @throws {TypeError} that names all that is wrong. */
export function checkOptions(options: unknown): void {
  const problems = problemsWith(OPTIONS, options, '');
  const { faults } = Object(options);
  if (faults !== undefined && problems.length === 0)
    problems.push(...sumProblems(faults, 'faults.'));
  refuse('Invalid options of the emulator', problems);
}

/** What is wrong with a plan, as ends of sentences. */
export function problemsWithPlan(plan: unknown): readonly string[] {
  const problems = problemsWith(PLAN, plan, '');
  return problems.length > 0 ? problems : sumProblems(plan, '');
}

/** @throws {TypeError} that names all that is wrong. */
export function checkNext(fault: unknown, options: unknown): void {
  const problems = [
    ...problemsWithFault(fault, KINDS),
    ...problemsWith({ times, on: target }, options, ''),
  ];
  const { kind } = Object(fault);
  const { on = 'bulk' } = Object(options);
  if (problems.length === 0 && OF_BULK.includes(kind) && on !== 'bulk' && on !== 'any') {
    problems.push(`${kind} is about an output of a bulk request, and there is none on '${on}'`);
  }
  refuse('Invalid fault', problems);
}

/** @throws {TypeError} that names all that is wrong. */
export function checkRefusal(item: unknown, refusal: unknown): void {
  refuse('Invalid refusal', [
    ...problemsWithItem(item),
    ...problemsWith({ ...ITEM_ERROR, times }, refusal, ''),
  ]);
}

/** @throws {TypeError} that names all that is wrong. */
export function checkPoison(item: unknown, fault: unknown, options: unknown): void {
  refuse('Invalid poison', [
    ...problemsWithItem(item),
    ...problemsWithFault(fault, POISONS),
    ...problemsWith({ times }, options, ''),
  ]);
}

function problemsWithItem(item: unknown): string[] {
  const problem = anItem(item);
  return problem === undefined ? [] : [`item ${problem}`];
}

function problemsWithFault(fault: unknown, kinds: readonly string[]): string[] {
  const { kind, status: given } = Object(fault);
  const problem = kind === undefined ? 'is missing' : word('a kind of fault', kinds)(kind);
  if (problem !== undefined) return [`kind ${problem}`];
  const shape = { kind: ANYTHING, delayMs: ms, ...FAULTS[kind as FaultKind] };
  return [
    ...problemsWith(shape, fault, ''),
    ...(kind === 'status' && given === undefined ? ['status is missing'] : []),
  ];
}

function problemsWith(shape: Shape, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path === '' ? 'it' : path} must be an object, but it is ${shown(value)}`];
  }
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const names = Object.keys(shape);
  const problems = Object.keys(value)
    .filter((name) => !Object.hasOwn(shape, name))
    .map((name) => `${at(name)} is not known; the nearest is ${at(nearest(name, names) ?? '')}`);
  for (const [name, check] of Object.entries(shape)) {
    const given: unknown = Reflect.get(value, name);
    if (given === undefined) {
      if (shape === PLAN && name === 'rates') problems.push(`${at(name)} is missing`);
    } else if (typeof check !== 'function') {
      problems.push(...problemsWith(check, given, at(name)));
    } else {
      const problem = check(given);
      if (problem !== undefined) problems.push(`${at(name)} ${problem}`);
    }
  }
  return problems;
}

/** A request has one fault at most. 0.2 + 0.4 + 0.3 + 0.1 is a hair above 1. */
function sumProblems(plan: unknown, path: string): string[] {
  const { rates } = plan as { readonly rates: FaultRates };
  const sum = KINDS.reduce((total, kind) => total + (rates[kind as FaultKind] ?? 0), 0);
  return sum <= 1 + 1e-9
    ? []
    : [`${path}rates of what befalls a request add up to ${sum.toFixed(2)}, which is above 1`];
}

function countFrom(min: number): ValueCheck {
  return mustBe(
    `an integer from ${min} on, or Infinity`,
    (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= min),
  );
}

/** One of so many words that a message names only the nearest. */
function word(what: string, words: readonly string[]): ValueCheck {
  return (value) => {
    if (words.some((one) => one === value)) return undefined;
    const meant = typeof value === 'string' ? `; the nearest is '${nearest(value, words)}'` : '';
    return `must be ${what}, but it is ${shown(value)}${meant}`;
  };
}

function areHeaders(value: unknown): boolean {
  try {
    new Headers(value as Record<string, string>);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`${what}: ${problems.join('; ')}.`);
}
