// Checks the faults and fault plans that a test gives the emulator.

import type { CheckTable } from '../../lib/value-checks.ts';
import {
  aBoolean,
  integerFrom,
  matching,
  mustBe,
  numberFrom,
  oneOfMany,
  problemsOf,
} from '../../lib/value-checks.ts';
import { assertNoProblems, countFrom, ms, seed } from '../lib/argument-checks.ts';
import { ROUTE_TYPES } from '../wire/routes.ts';
import type { FaultKind, FaultRates } from './fault-types.ts';
import { needsBulk } from './fault-types.ts';

const faultText = matching('a string', /^/);
const aWord = matching('a string that is not empty', /./s);
const anItemMatch = mustBe(
  "an item's key, or a function that is given an item",
  (value) => typeof value === 'function' || aWord(value) === undefined,
);
const status = integerFrom(200, 599);
const seconds = numberFrom(0, Number.POSITIVE_INFINITY);
const times = countFrom(1);

export const ITEM_ERROR: CheckTable = {
  code: aWord,
  message: faultText,
  errors: () => undefined,
  retryAfterMs: ms,
};

/** The fields of each kind of fault, beside `delayMs`. A plan draws the kinds in this order. */
const FIELDS: Readonly<Record<FaultKind, CheckTable>> = {
  delay: {},
  dropBefore: {},
  dropAfter: {},
  dropMiddle: {},
  truncate: { length: countFrom(0) },
  html: { status, afterWork: aBoolean },
  endless: { status, afterWork: aBoolean },
  status: {
    ...ITEM_ERROR,
    status,
    retryAfter: mustBe(
      'seconds, a Date, or a text that a header may have',
      (value) =>
        seconds(value) === undefined ||
        (value instanceof Date && !Number.isNaN(value.getTime())) ||
        (typeof value === 'string' && areFaultHeaders({ 'retry-after': value })),
    ),
    location: mustBe('a text that a header may have', (value) =>
      areFaultHeaders({ location: value }),
    ),
    headers: mustBe('an object of header fields', areFaultHeaders),
    body: faultText,
    afterWork: aBoolean,
  },
  omit: { item: anItemMatch, runs: aBoolean },
  extra: { key: faultText },
  wrongId: { item: anItemMatch },
};
export const FAULT_KINDS = Object.keys(FIELDS) as readonly FaultKind[];
/** The kinds that can strike before any item runs. */
const POISONS = ['delay', 'dropBefore', 'dropAfter', 'html', 'endless', 'status'];

const target = oneOfMany('a kind of request, or a single endpoint', [
  'any',
  'single',
  ...ROUTE_TYPES,
]);
const rate = numberFrom(0, 1);

const PLAN: CheckTable = {
  rates: Object.fromEntries(
    [...FAULT_KINDS, 'itemTransient', 'itemPermanent'].map((name) => [name, rate]),
  ),
  on: target,
  seed,
  maxDelayMs: ms,
  statuses: mustBe(
    'a list of statuses from 200 to 599',
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => status(one) === undefined),
  ),
  retryAfter: seconds,
  transient: ITEM_ERROR,
  permanent: ITEM_ERROR,
};

/** `path` is where the plan stands in the options. */
export function problemsWithPlan(plan: unknown, path = ''): readonly string[] {
  const problems = problemsOf(plan, PLAN, path);
  if (problems.length > 0) return problems;
  const { rates } = plan as { readonly rates?: FaultRates };
  const at = path === '' ? 'rates' : `${path}.rates`;
  if (rates === undefined) return [`${at} is missing`];
  // A request has one fault at most. 0.2 + 0.4 + 0.3 + 0.1 is a hair above 1.
  const sum = FAULT_KINDS.reduce((total, kind) => total + (rates[kind] ?? 0), 0);
  return sum <= 1 + 1e-9
    ? []
    : [`${at} of what befalls a request add up to ${sum.toFixed(2)}, which is above 1`];
}

/** @throws {TypeError} that names all that is wrong; so do the next two. */
export function checkNext(fault: unknown, options: unknown): void {
  const problems = [
    ...problemsWithFault(fault, FAULT_KINDS),
    ...problemsOf(options, { times, on: target }),
  ];
  const { kind } = Object(fault);
  const { on = 'bulk' } = Object(options);
  if (problems.length === 0 && needsBulk(kind) && on !== 'bulk' && on !== 'any') {
    problems.push(`${kind} is about an output of a bulk request, and there is none on '${on}'`);
  }
  assertNoProblems('Invalid fault', problems);
}

export function checkRefusal(item: unknown, refusal: unknown): void {
  assertNoProblems('Invalid refusal', [
    ...problemsOf({ item }, { item: anItemMatch }, '', ['item']),
    ...problemsOf(refusal, { ...ITEM_ERROR, times }),
  ]);
}

export function checkPoison(item: unknown, fault: unknown, options: unknown): void {
  assertNoProblems('Invalid poison', [
    ...problemsOf({ item }, { item: anItemMatch }, '', ['item']),
    ...problemsWithFault(fault, POISONS),
    ...problemsOf(options, { times }),
  ]);
}

function problemsWithFault(fault: unknown, kinds: readonly string[]): string[] {
  const { kind, status: given } = Object(fault);
  const problem = kind === undefined ? 'is missing' : oneOfMany('a kind of fault', kinds)(kind);
  if (problem !== undefined) return [`kind ${problem}`];
  const fields = { kind: () => undefined, delayMs: ms, ...FIELDS[kind as FaultKind] };
  const problems = problemsOf(fault, fields);
  return kind === 'status' && given === undefined ? [...problems, 'status is missing'] : problems;
}

function areFaultHeaders(value: unknown): boolean {
  try {
    new Headers(value as Record<string, string>);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
