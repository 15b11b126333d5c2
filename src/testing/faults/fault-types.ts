// The faults that can be injected. All of them are data; `fault-injector.ts` decides when they fire, and
// `fault-responses.ts` what they look like on the wire.

import type { ItemError } from '../wire/errors.ts';
import type { EmulatedItem } from '../wire/items.ts';
import type { RequestKind, SingleEndpoint } from '../wire/routes.ts';

/** What any fault may say. */
export interface AnyFault {
  /** Milliseconds that the request waits longer, before the work. Any fault may wait. @default 0 */
  readonly delayMs?: number;
}

/** One request gone wrong. */
export type Fault =
  /** Nothing but the wait. */
  | (AnyFault & { readonly kind: 'delay' })
  /** The connection breaks before the work: `fetch` rejects with a `TypeError`. */
  | (AnyFault & { readonly kind: 'dropBefore' })
  /** The connection breaks after the work, before any byte of the answer. */
  | (AnyFault & { readonly kind: 'dropAfter' })
  /** The connection breaks after the work, in the middle of the answer's body. */
  | (AnyFault & { readonly kind: 'dropMiddle' })
  /** After the work, the body ends early, as if it were whole: JSON that cannot be parsed. */
  | (AnyFault & {
      readonly kind: 'truncate';
      /** Characters that are left. @default half of them */
      readonly length?: number;
    })
  /** A proxy's page. */
  | (AnyFault & {
      readonly kind: 'html';
      /** @default 502 */
      readonly status?: number;
      /** Whether the work is done. @default false */
      readonly afterWork?: boolean;
    })
  /** A body without an end, which can be cancelled. It breaks off after 64 MiB, with a breach. */
  | (AnyFault & {
      readonly kind: 'endless';
      /** @default 200 */
      readonly status?: number;
      /** Whether the work is done. @default false */
      readonly afterWork?: boolean;
    })
  /** Any status, with the error body that the API would give. */
  | (AnyFault & {
      readonly kind: 'status';
      readonly status: number;
      /** Any word. @default the one of the API's list that fits the status */
      readonly code?: string;
      readonly message?: string;
      readonly errors?: unknown;
      /** The `Retry-After` header: seconds, a `Date` (sent as an HTTP date), or a text as it stands. */
      readonly retryAfter?: number | Date | string;
      /** The body's `retry_after_ms`. @default with `rate_limited` what `retryAfter` says, or 1000; else none */
      readonly retryAfterMs?: number;
      /** The `Location` header of a redirect. */
      readonly location?: string;
      /** More headers. */
      readonly headers?: Readonly<Record<string, string>>;
      /** Replaces the whole body. */
      readonly body?: string;
      /** Whether the work is done all the same. @default false */
      readonly afterWork?: boolean;
    })
  /** Bulk only: an output is left out. */
  | (AnyFault & {
      readonly kind: 'omit';
      /** Whose output. @default the first item's */
      readonly item?: ItemMatch;
      /** Whether the item runs. @default true */
      readonly runs?: boolean;
    })
  /** Bulk only: one more output, under a key that was not in the request. */
  | (AnyFault & {
      readonly kind: 'extra';
      /** @default 'key-of-nobody' */
      readonly key?: string;
    })
  /** The first success names another id in `details.id`. The state and a later replay have the right one. */
  | (AnyFault & {
      readonly kind: 'wrongId';
      /** Whose output. @default the first success's */
      readonly item?: ItemMatch;
    });

export type FaultKind = Fault['kind'];

/** Whether only a bulk request can have the fault. */
export function needsBulk(kind: FaultKind): boolean {
  return kind === 'omit' || kind === 'extra';
}

/** Whether the items run, though their outputs will not be told. */
export function isAfterWork(fault: Fault): boolean {
  return fault.kind === 'dropAfter' || ('afterWork' in fault && fault.afterWork === true);
}

/** Which requests a fault meets: all, those of a kind, or those to one single endpoint. */
export type FaultTarget = 'any' | RequestKind | SingleEndpoint;

/** An item by its key, or by a function that looks at its `type`, `fields` or `key`. */
export type ItemMatch = string | ((item: EmulatedItem) => boolean);

/** The error that an item gets instead of running. */
export interface ItemRefusal extends ItemError {
  /** How often, counted for each key; then the item runs. @default Infinity */
  readonly times?: number;
}

/** Probabilities, from 0 to 1. */
export type FaultRates = {
  /** That a request has this fault: at most one each, so that their sum is at most 1. */
  readonly [Kind in FaultKind]?: number;
} & {
  /** That an item is refused once more each time it runs, with `temporarily_unavailable`. */
  readonly itemTransient?: number;
  /** That a key is refused whenever it comes. The same keys for the same seed. */
  readonly itemPermanent?: number;
};

/** Faults at random, repeatable by their seed. Draws are made as requests arrive and items run. */
export interface FaultPlan {
  readonly rates: FaultRates;
  /** Which requests have the faults; items are refused wherever they run. @default 'bulk' */
  readonly on?: FaultTarget;
  /** @default the emulator's seed */
  readonly seed?: number;
  /** The longest random delay, in milliseconds. @default 1000 */
  readonly maxDelayMs?: number;
  /** What a random `status` fault picks from. @default [429, 500, 502, 503] */
  readonly statuses?: readonly number[];
  /** `Retry-After` of a random 429 or 503, in seconds. @default none */
  readonly retryAfter?: number;
  /** The error of `itemTransient`. @default { code: 'temporarily_unavailable', message: 'Try again' } */
  readonly transient?: ItemError;
  /** The error of `itemPermanent`. @default { code: 'validation_errors', ... } */
  readonly permanent?: ItemError;
}

/**
 * The faults of one emulator. Those given by `next` come first, in their order, one for each
 * request; a request without one may get one from the plan.
 *
 * ```ts
 * emulator.faults.next({ kind: 'status', status: 429, retryAfter: 7 });
 * emulator.faults.next({ kind: 'dropAfter' }, { on: 'agent_instances/register' });
 * emulator.faults.refuse('key-of-one-span', { code: 'temporarily_unavailable', times: 2 });
 * emulator.faults.poison((item) => item.fields['agent_span_id'] === id);
 * ```
 */
export interface Faults {
  /**
   * Gives the fault to the next requests. An outage of everything is
   * `next({ kind: 'dropBefore' }, { times: Infinity, on: 'any' })`, until `clear()`.
   */
  next(
    fault: Fault,
    options?: {
      /** How many requests. @default 1 */
      readonly times?: number;
      /** Which requests. @default 'bulk' */
      readonly on?: FaultTarget;
    },
  ): void;

  /**
   * Refuses items instead of running them, in bulk and at single endpoints; in bulk that stops the
   * batch. With `times` the error is a transient one: each key that matches is refused that often.
   * A success that is stored under the key is replayed all the same.
   */
  refuse(item: ItemMatch, refusal?: ItemRefusal): void;

  /**
   * Makes a whole request fail whenever the item is in it, before any of its items has run.
   *
   * @param fault Default a 500; of the kinds `delay`, `dropBefore`, `dropAfter`, `html`, `endless` or `status`.
   * @throws {TypeError} that names all that is wrong with the arguments; so do `next` and `refuse`.
   */
  poison(
    item: ItemMatch,
    fault?: Fault,
    options?: {
      /** How many requests. @default Infinity */
      readonly times?: number;
    },
  ): void;

  /** Ends all faults, those of the plan included. What was counted stays. */
  clear(): void;
}
