// The options of an emulator, checked, with their defaults in place.

import { aBoolean, aFunction, mustBe, oneOf } from '../../lib/value-checks.ts';
import { ANYTHING, ITEM_ERROR, problemsWithPlan } from '../faults/check-faults.ts';
import type { Shape } from '../lib/check-shape.ts';
import { countFrom, MAX_MS, ms, problemsWith, refuse, seed } from '../lib/check-shape.ts';
import type { EmulatorOptions } from './emulator-options.ts';

type AsGiven = Omit<
  EmulatorOptions,
  'token' | 'latencyMs' | 'now' | 'delay' | 'faults' | 'onAnswer'
>;

export interface ResolvedOptions extends Required<AsGiven> {
  readonly acceptsToken: (token: string) => boolean;
  /** Ends the sentence of a refusal. */
  readonly wantedToken: string;
  readonly latencyMs: () => number;
}

const limit = countFrom(0);
const SHAPE: Readonly<Record<keyof EmulatorOptions, Shape[string]>> = {
  token: mustBe(
    'a token without blanks, or a function that decides',
    (value) => typeof value === 'function' || (typeof value === 'string' && /^\S+$/.test(value)),
  ),
  tokenKind: oneOf('deployment', 'account'),
  seed,
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
  faults: ANYTHING,
  onAnswer: aFunction,
};

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** @throws {TypeError} that names all that is wrong. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { faults } = Object(options);
  refuse('Invalid options of the emulator', [
    ...problemsWith(SHAPE, options),
    ...(faults === undefined ? [] : problemsWithPlan(faults, 'faults')),
  ]);
  const { token = 'test-token', latencyMs = 0 } = options;
  return {
    acceptsToken: typeof token === 'string' ? (sent) => sent === token : token,
    wantedToken:
      typeof token === 'string'
        ? `this emulator takes "${token}" (its option "token")`
        : 'the function in this emulator\'s option "token" decides',
    tokenKind: options.tokenKind ?? 'deployment',
    seed: options.seed ?? 1,
    latencyMs: typeof latencyMs === 'number' ? () => latencyMs : latencyMs,
    itemMs: options.itemMs ?? 0,
    maxItems: options.maxItems ?? Number.POSITIVE_INFINITY,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    maxInFlight: options.maxInFlight ?? Number.POSITIVE_INFINITY,
    maxPerSecond: options.maxPerSecond ?? Number.POSITIVE_INFINITY,
    strict: options.strict ?? false,
    repeats: options.repeats ?? 'replay',
    storeErrors: options.storeErrors ?? false,
    takenId: options.takenId ?? {},
    alwaysControl: options.alwaysControl ?? false,
    samePartition: options.samePartition ?? false,
    record: options.record ?? true,
  };
}

/**
 * How much of a body is read. One that is above the limit is read whole all the same where it is not
 * enormous, so that the report has its keys.
 */
export function bodyBoundOf({ maxBytes }: ResolvedOptions): number {
  return Math.max(maxBytes, DEFAULT_MAX_BYTES);
}
