import type { CompleteOptions } from '../ports/options.ts';
import { PauseGate, Spacing } from './pause-gate.ts';

type AdaptiveSettings = Pick<
  CompleteOptions<unknown>,
  'concurrency' | 'maxItems' | 'maxBytes' | 'retry'
>;

/** What the server can take, learned from its answers: when, how many requests at once, and how much in each. */
export class AdaptiveLimits {
  readonly gate: PauseGate;
  readonly spacing: Spacing = new Spacing();
  readonly concurrency: Concurrency;
  readonly items: AdaptiveLimit;
  readonly bytes: AdaptiveLimit;
  readonly cut: FailureCut;
  readonly #settings: AdaptiveSettings;

  constructor(settings: AdaptiveSettings) {
    const { concurrency, maxItems, maxBytes, retry } = settings;
    this.#settings = settings;
    this.gate = new PauseGate(retry.maxPauseMs);
    this.concurrency = new Concurrency(concurrency);
    this.items = new AdaptiveLimit(maxItems);
    this.bytes = new AdaptiveLimit(maxBytes);
    this.cut = new FailureCut(maxItems);
  }

  /** A request of that size was answered: limits that were lowered may grow again. */
  answered(items: number, bytes: number): void {
    if (this.concurrency.limit < this.#settings.concurrency) this.concurrency.answered();
    if (this.items.isLearning) this.items.accepted(items);
    if (this.bytes.isLearning) this.bytes.accepted(bytes);
  }
}

/** A limit grows by this factor, after a batch that filled so much of it. */
const LIMIT_GROWTH = 1.25;
const LIMIT_FILLED = 0.8;
/** How close it comes to what was refused. */
const MARGIN_BELOW_REFUSED = 0.9;
/** Full batches before what was refused is tried once more; twice as many after each refusal. */
const FULL_BATCHES_BEFORE_TRY = 8;

/**
 * How much fits into one request, learned from what the server refuses as too much. The limit grows back with
 * success, up to just below what was refused.
 */
export class AdaptiveLimit {
  /** The most that is worth trying. */
  limit: number;
  /** Something was refused, and as much was not accepted since; otherwise `accepted` need not be called. */
  isLearning = false;
  readonly #max: number;
  /** The same, not rounded down. */
  #exact: number;
  #refused = Number.POSITIVE_INFINITY;
  #fullBatches = 0;
  #tryAfter = FULL_BATCHES_BEFORE_TRY;

  constructor(max: number) {
    this.#max = max;
    this.limit = max;
    this.#exact = max;
  }

  refused(size: number): void {
    // If several batches are refused together, only the first was the try.
    if (this.#exact > MARGIN_BELOW_REFUSED * this.#refused) this.#tryAfter *= 2;
    this.#refused = Math.min(this.#refused, size);
    this.isLearning = true;
    this.#fullBatches = 0;
    this.#become(Math.max(1, Math.min(this.#exact, size / 2)));
  }

  accepted(size: number): void {
    // Compared with the rounded limit, since no batch can fill a fraction.
    if (size < LIMIT_FILLED * this.limit) return;
    if (size >= this.#refused) this.#refused = Number.POSITIVE_INFINITY;
    const most = Math.max(1, Math.min(this.#max, MARGIN_BELOW_REFUSED * this.#refused));
    if (this.#exact < most) {
      this.#become(Math.min(most, this.#exact * LIMIT_GROWTH));
    } else if (this.#exact > most) {
      // The try went through with less than what was refused, so it proves nothing.
      this.#become(most);
    } else if (++this.#fullBatches >= this.#tryAfter) {
      this.#fullBatches = 0;
      this.#become(Math.min(this.#max, this.#refused));
    }
    this.isLearning = this.#exact < this.#max || this.#refused < Number.POSITIVE_INFINITY;
  }

  #become(exact: number): void {
    this.#exact = exact;
    this.limit = Math.floor(exact);
  }
}

/** Answers without a refusal before a step beyond the known ceiling: at first, at least, at most. */
const ANSWERS_BEFORE_RAISE = { first: 64, least: 8, most: 4_096 };

/**
 * How many requests may be in flight, learned from what the server refuses.
 *
 * A refusal halves the number that was in flight, once per event: only a request that left after the last cut may cut
 * again. A request that was alone, as probes are, says nothing about the limit. The limit grows by one per round trip
 * up to just below what was refused, and from there by one careful step at a time: if each success added one, it
 * would hit the limit once per round trip, and all would have to pause each time.
 */
export class Concurrency {
  /** Requests that may be in flight. */
  limit: number;
  readonly #max: number;
  /** The same, not rounded down. */
  #exact: number;
  /** The most that the server is known to take. */
  #ceiling: number;
  #patience = ANSWERS_BEFORE_RAISE.first;
  /** Answers since the last refusal or step. */
  #calm = 0;
  /** The last step beyond the ceiling has not been refused so far. */
  #hasRaised = false;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.limit = max;
    this.#exact = max;
    this.#ceiling = max;
  }

  answered(): void {
    if (this.#exact < this.#ceiling) {
      this.#become(Math.min(this.#ceiling, this.#exact + 1 / this.#exact));
      return;
    }
    if (this.#ceiling >= this.#max || ++this.#calm < this.#patience) return;
    if (this.#hasRaised) this.#patience = Math.max(ANSWERS_BEFORE_RAISE.least, this.#patience / 2);
    this.#hasRaised = true;
    this.#calm = 0;
    this.#ceiling++;
    this.#become(this.#ceiling);
  }

  /** The server refused a request that left at that time, when so many were in flight, itself included. */
  refused(leftAt: number, inFlight: number, now: number): void {
    if (inFlight < 2 || leftAt <= this.#cutAt) return;
    if (this.#hasRaised) this.#patience = Math.min(ANSWERS_BEFORE_RAISE.most, this.#patience * 2);
    this.#cutAt = now;
    this.#hasRaised = false;
    this.#calm = 0;
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, inFlight - 1));
    this.#become(Math.max(1, Math.min(this.#exact, inFlight) / 2));
  }

  #become(exact: number): void {
    this.#exact = exact;
    this.limit = Math.floor(exact);
  }
}

/** A batch is at least so many times the expected stretch: one in sixteen then meets no failure. */
const STRETCHES_IN_CUT_BATCH = 2.8;
/** The weight of older answers, by which each further answer multiplies it. */
const OLDER_ANSWERS_WEIGHT = 0.9;
/** A batch is cut to at most that part of a whole one: cutting less is not worth a request. */
const WORTH_CUTTING = 0.7;
/** The most savings that are kept, in whole batches. */
const MAX_CUT_SAVINGS = 6;

/**
 * How far a batch is cut where items fail often.
 *
 * The server stops at the first error and the rest of the batch is sent again, so a batch need not be much longer
 * than the stretch of items until the next failure. But a cut batch that meets no failure costs a request that a whole
 * one would have saved. So there are savings: each failing request adds the items that are done with it, each cut
 * request without a failure takes the places that it left empty, and no batch is cut further than the savings allow.
 * With one request in flight they never fall below zero, so requests that end without a failure stay within items ÷
 * `maxItems`; see docs/internals/stop-at-first-error.md.
 */
export class FailureCut {
  /** Some item has failed so far; until then nothing is cut. */
  hasFailed = false;
  readonly #most: number;
  /** Items run and failures met, the older ones weighted less: their ratio is the expected stretch. */
  #ran = 0;
  #failures = 0;
  #savings = 0;

  constructor(maxItems: number) {
    this.#most = MAX_CUT_SAVINGS * maxItems;
  }

  /** How many items a batch is to hold, where `whole` is the most. */
  limit(whole: number): number {
    if (this.#failures === 0) return whole;
    const stretch = this.#ran / this.#failures;
    const wanted = Math.round(stretch * this.#length(stretch, whole));
    const limit = Math.max(wanted, whole - this.#savings);
    return limit > WORTH_CUTTING * whole ? whole : limit;
  }

  /**
   * A request ended with a failure, after so many items had run, the failing one included. So many of its items are
   * done, and need not be sent again.
   */
  failed(ran: number, done: number): void {
    this.hasFailed = true;
    this.#ran = this.#ran * OLDER_ANSWERS_WEIGHT + ran;
    this.#failures = this.#failures * OLDER_ANSWERS_WEIGHT + 1;
    this.#savings = Math.min(this.#most, this.#savings + done);
  }

  /** A request with so many items ended without a failure. If it was cut, it had left so many places empty. */
  passed(items: number, empty: number): void {
    this.#ran = this.#ran * OLDER_ANSWERS_WEIGHT + items;
    this.#failures *= OLDER_ANSWERS_WEIGHT;
    this.#savings -= empty;
  }

  /** Nothing is pending: later calls start without savings. */
  rest(): void {
    this.#savings = 0;
  }

  /**
   * How many times the expected stretch. The fewer the savings, the longer, up to a length at which they grow: then
   * less than one request in `whole` ÷ `stretch` meets no failure.
   */
  #length(stretch: number, whole: number): number {
    const careful = Math.max(STRETCHES_IN_CUT_BATCH, 1 + Math.log(whole / stretch));
    const lacking = Math.max(0, 1 - this.#savings / (MAX_CUT_SAVINGS * whole));
    return STRETCHES_IN_CUT_BATCH + (careful - STRETCHES_IN_CUT_BATCH) * lacking;
  }
}
