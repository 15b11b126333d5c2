// The options of an emulator; checked, and with their defaults in place.

import type { CheckTable } from '../../lib/value-checks.ts';
import { aBoolean, aFunction, mustBe, oneOf, problemsOf } from '../../lib/value-checks.ts';
import { ITEM_ERROR, problemsWithPlan } from '../faults/check-faults.ts';
import type { FaultPlan } from '../faults/fault-types.ts';
import { assertNoProblems, countFrom, ms, seed } from '../lib/argument-checks.ts';
import type { AnsweredRequest, ReceivedRequest } from '../report/report.ts';
import type { ItemError } from '../wire/errors.ts';

/** Accepted where no other is named. It protects nothing. */
export const EMULATOR_TOKEN = 'test-token';

/** What an `Emulator` takes. All of it may be left out. */
export interface EmulatorOptions {
  /**
   * The bearer token that is accepted, or a function that decides. Any other gets 401 `bad_authtoken`,
   * with a message that says which one is wanted: it protects nothing.
   * @default 'test-token'
   */
  readonly token?: string | ((token: string) => boolean);
  /**
   * What the token stands for. An `account` token must name `agent_id` and
   * `environment_id` on register; with a `deployment` token both may be left out, and lists of spans
   * get 401.
   * @default 'deployment'
   */
  readonly tokenKind?: 'deployment' | 'account';
  /** Seeds the ids that the emulator makes, and the fault plan if that has no seed of its own. @default 1 */
  readonly seed?: number;
  /** The time in Unix milliseconds. @default `Date.now`, looked up at each use */
  readonly now?: () => number;
  /**
   * Waits that many milliseconds. It is handed the request's signal too, but may ignore it: the
   * request rejects at once on an abort either way.
   * @default `setTimeout`, looked up at each use
   */
  readonly delay?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /**
   * Round-trip time in milliseconds, fixed or per request. Half of it passes before the work, half
   * after, so that an abort in the second half loses the answer of work that was done.
   * @default 0
   */
  readonly latencyMs?: number | (() => number);
  /** Milliseconds that the answer takes longer for each item that ran. @default 0 */
  readonly itemMs?: number;
  /** Most items in a bulk request; more get 422. No source names the API's own limit. @default Infinity */
  readonly maxItems?: number;
  /**
   * Most UTF-8 bytes in a body; more get 413. No source names the API's own limit.
   * @default 67_108_864, which is 64 MiB
   */
  readonly maxBytes?: number;
  /** Most bulk requests at once; one more gets 503 without `Retry-After`. @default Infinity */
  readonly maxInFlight?: number;
  /** Most bulk requests in a second; one more gets 429 with `Retry-After: 1`. @default Infinity */
  readonly maxPerSecond?: number;
  /**
   * Whether an unknown field is a breach, and refused with `validation_errors`. The API drops it without
   * a word, and so does the emulator by default; its report lists it.
   * @default false
   */
  readonly strict?: boolean;
  /**
   * What a key gets that was used before, in bulk and at single endpoints: the answer of then, or
   * `idempotency_key_already_used`. An official source says the first; that code, which is of the
   * API's list, speaks for the second.
   * @default 'replay'
   */
  readonly repeats?: 'replay' | 'refuse';
  /**
   * Whether a key counts as used when its item has failed, as it does when it has succeeded. Which of
   * the two the API does is **unknown**.
   * @default false
   */
  readonly storeErrors?: boolean;
  /**
   * What a create gets whose id is taken. What the API says then is **unknown**.
   * @default { code: 'validation_errors', errors: { id: ['has already been taken'] } }
   */
  readonly takenId?: ItemError;
  /** Whether each span output has a `control`, not only those of a terminated run. @default false */
  readonly alwaysControl?: boolean;
  /**
   * Whether a span's own id must be of its instance's partition, else `validation_errors`.
   * Whether the API asks for that is **unknown**.
   * @default false
   */
  readonly samePartition?: boolean;
  /**
   * Whether `report()` lists each item that ran and each batch. `false` keeps the counts only: for
   * long benchmarks.
   * @default true
   */
  readonly record?: boolean;
  /** Faults at random, see `FaultPlan`. @default none */
  readonly faults?: FaultPlan;
  /**
   * Hears of each request when its answer leaves, or its connection ends: for a line in a log. What it
   * throws reaches the client instead of the answer.
   * @default none
   */
  readonly onAnswer?: (answered: AnsweredRequest) => void;
  /**
   * Hears of each request of a known route when it has arrived. What it throws reaches the client instead of the
   * answer.
   * @default none
   */
  readonly onRequest?: (received: ReceivedRequest) => void;
}

export interface ResolvedOptions
  extends Required<
    Omit<
      EmulatorOptions,
      'token' | 'now' | 'delay' | 'latencyMs' | 'faults' | 'onAnswer' | 'onRequest'
    >
  > {
  readonly acceptsToken: (token: string) => boolean;
  /** Ends the sentence of a refusal. */
  readonly wantedToken: string;
  readonly latencyMs: () => number;
  /** How much of a body is read: more than `maxBytes` where that is small, so that the report has its keys. */
  readonly bodyBound: number;
}

const limit = countFrom(0);
const CHECKS: Readonly<Record<keyof EmulatorOptions, CheckTable[string]>> = {
  token: mustBe(
    'a token without blanks, or a function that decides',
    (value) => typeof value === 'function' || (typeof value === 'string' && /^\S+$/.test(value)),
  ),
  tokenKind: oneOf('deployment', 'account'),
  seed,
  now: aFunction,
  delay: aFunction,
  latencyMs: mustBe(
    'milliseconds from 0 to 2147483647, or a function that gives them',
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
  faults: () => undefined,
  onAnswer: aFunction,
  onRequest: aFunction,
};

/** @throws {TypeError} that names all that is wrong. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { faults } = Object(options);
  assertNoProblems('Invalid options of the emulator', [
    ...problemsOf(options, CHECKS),
    ...(faults === undefined ? [] : problemsWithPlan(faults, 'faults')),
  ]);
  const defaultMaxBytes = 64 * 1024 * 1024;
  const { token = EMULATOR_TOKEN, latencyMs = 0, maxBytes = defaultMaxBytes } = options;
  return {
    acceptsToken: typeof token === 'string' ? (sent) => sent === token : token,
    wantedToken:
      typeof token === 'string'
        ? `this emulator takes "${token}", as apiToken or PREFACTOR_API_TOKEN`
        : 'the function in this emulator\'s option "token" decides',
    tokenKind: options.tokenKind ?? 'deployment',
    seed: options.seed ?? 1,
    latencyMs: typeof latencyMs === 'number' ? () => latencyMs : latencyMs,
    itemMs: options.itemMs ?? 0,
    maxItems: options.maxItems ?? Number.POSITIVE_INFINITY,
    maxBytes,
    bodyBound: Math.max(maxBytes, defaultMaxBytes),
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
