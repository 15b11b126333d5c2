/**
 * What becomes of an item after an attempt that did not settle it: another attempt, or the end. The
 * one retry loop of the package is here.
 */

import type { End } from '../calls/ends.ts';
import { reasonToDrop } from '../calls/ends.ts';
import type { Item } from '../items/item.ts';
import type { Emitter, EngineEvents } from '../ports/events.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { Blame, FailedOutput, Last, Reason } from '../ports/reason.ts';
import type { Backlog } from '../queue/backlog.ts';
import { backoffMs } from '../server/backoff.ts';
import type { CircuitBreaker } from '../server/circuit-breaker.ts';

/** How often in a row the server must give an item the same passing error for it to be final. */
const SAME_ERROR_TIMES = 3;
/** And how long after the first time, in milliseconds. */
const SAME_ERROR_AFTER_MS = 5_000;

type Settings = Pick<CompleteOptions<unknown>, 'onSkipped' | 'retry' | 'deliveryTimeoutMs'>;

export interface RetriesParts {
  readonly settings: Settings;
  readonly backlog: Backlog;
  readonly breaker: CircuitBreaker;
  readonly events: Emitter;
  readonly random: () => number;
}

/** One reply while it is applied. */
export interface ReplyEffects<Failure> {
  readonly now: number;
  /** From 0 up to 1: the same for all items of the batch, so that they come back together. Drawn when needed. */
  chance: number | undefined;
  readonly ends: End<Failure>[];
}

type Why = EngineEvents['retry']['reason'];

/** How a request was lost. */
interface Circumstances {
  /** Usable answers that the engine had seen when it left. */
  readonly answersBefore: number;
  /** It carried this item only. */
  readonly isAlone: boolean;
  /** A ping was answered just before it left. */
  readonly hasPing: boolean;
}

/** An error of an item that may pass. */
interface Passing extends FailedOutput {
  readonly code: string;
  readonly retryAfterMs: number | undefined;
}

export class Retries<Failure> {
  /** Times that an item went back since the server had not reached it. */
  requeued = 0;
  /** Times that an item went back for another attempt. */
  retried = 0;
  readonly #settings: Settings;
  readonly #backlog: Backlog;
  readonly #breaker: CircuitBreaker;
  readonly #events: Emitter;

  readonly #random: () => number;

  constructor({ settings, backlog, breaker, events, random }: RetriesParts) {
    this.#random = random;
    this.#settings = settings;
    this.#backlog = backlog;
    this.#breaker = breaker;
    this.#events = events;
  }

  /** The server never ran it: no attempt is charged, and there is nothing to wait for. */
  skipped(effects: ReplyEffects<Failure>, item: Item, because: Blame<Failure>): void {
    const { key, type, maybeApplied } = item;
    if (this.isDone(item)) {
      drop(effects, item);
    } else if (this.#settings.onSkipped === 'reject' && item.isAwaited) {
      fail(effects, item, { kind: 'skipped', because, maybeApplied });
    } else {
      this.requeued++;
      this.#events.emit('requeue', { key, type, becauseOf: because.key });
      this.#backlog.putBack(item, 0);
    }
  }

  /** Absence alone is no verdict: with no error before it, the answer breaks the contract. */
  missing(effects: ReplyEffects<Failure>, item: Item, requestId: string | undefined): void {
    item.keepRetryState().maybeApplied = true;
    if (this.isDone(item)) {
      drop(effects, item);
      return;
    }
    if (this.#charge(item)) this.#again(effects, item, 'missing');
    else fail(effects, item, brokenContract('missing output', { output: undefined, requestId }));
  }

  /**
   * An error that may pass: the item goes back, not before the time that the server names, and last in
   * its next batch.
   */
  transient(effects: ReplyEffects<Failure>, item: Item, passing: Passing): void {
    const { now } = effects;
    const { code, output, requestId, retryAfterMs = 0 } = passing;
    if (!item.isWanted) {
      drop(effects, item);
      return;
    }
    const mayGoOn = this.#charge(item);
    const retryState = item.keepRetryState();
    const before = retryState.transient?.code === code ? retryState.transient : undefined;
    const { since, times } = before ?? { since: now, times: 0 };
    retryState.transient = { code, since, times: times + 1 };
    retryState.last = { kind: 'output', output, requestId };
    if (times + 1 >= SAME_ERROR_TIMES && now - since >= SAME_ERROR_AFTER_MS) {
      // The server seems to have stored this answer under the key: it will not change any more.
      fail(effects, item, errorReason(item, passing));
    } else if (mayGoOn) {
      this.#again(effects, item, 'transient', retryAfterMs);
    } else {
      fail(effects, item, exhausted(item));
    }
  }

  /**
   * No usable answer: the server may have done it. Charged only if it answered others since, and
   * given up only when alone: in company, a neighbour may be to blame. Returns the time before which
   * the item is not to be sent again; undefined where it has ended.
   */
  lost(
    effects: ReplyEffects<Failure>,
    item: Item,
    failure: Failure,
    { answersBefore, isAlone, hasPing }: Circumstances,
  ): number | undefined {
    const { answers } = this.#breaker;
    const retryState = item.keepRetryState();
    const wereOthersAnswered = answers > (retryState.answersSeen ?? answersBefore);
    retryState.maybeApplied = true;
    retryState.answersSeen = answers;
    retryState.last = { kind: 'failure', failure };
    if (this.isDone(item)) {
      drop(effects, item);
      return undefined;
    }
    if (this.#isOver(effects, item)) {
      fail(effects, item, exhausted(item, 'deliveryTimeoutMs'));
      return undefined;
    }
    const isSuspected = hasPing && !wereOthersAnswered;
    const counts =
      wereOthersAnswered || (isSuspected && isAlone && this.#doesPingCount(effects, item));
    if (isSuspected && !counts) retryState.suspicions++;
    if (counts && !this.#charge(item) && isAlone) {
      fail(effects, item, exhausted(item));
      return undefined;
    }
    // One whose attempt does not count waits as all others do.
    let delayMs = 0;
    if (wereOthersAnswered) {
      delayMs = backoffMs(retryState.countedAttempts, this.#settings.retry, this.chanceOf(effects));
    } else if (isSuspected && isAlone) {
      delayMs = this.#standBackMs(effects);
    }
    this.#tellRetry(item, delayMs, 'lost');
    return delayMs === 0 ? 0 : effects.now + delayMs;
  }

  /**
   * Its answer was too large to be read. Alone it ends, in doubt: it would be no smaller the next time.
   * Returns whether it is to be sent again.
   */
  oversized(
    effects: ReplyEffects<Failure>,
    item: Item,
    failure: Failure,
    isAlone: boolean,
  ): boolean {
    const retryState = item.keepRetryState();
    retryState.maybeApplied = true;
    retryState.last = { kind: 'failure', failure };
    if (this.isDone(item)) {
      drop(effects, item);
      return false;
    }
    const isOver = this.#isOver(effects, item);
    if (isOver || isAlone) {
      fail(effects, item, exhausted(item, isOver ? 'deliveryTimeoutMs' : 'attempts'));
      return false;
    }
    this.#tellRetry(item, 0, 'lost');
    return true;
  }

  /**
   * It was never sent, so no request has carried it. Returns whether it is to be sent again. Where its
   * request was called back for a neighbour, not even its last chance is over.
   */
  unsent(
    effects: ReplyEffects<Failure>,
    item: Item,
    failure: Failure,
    isRecalled: boolean,
  ): boolean {
    item.attempts--;
    item.keepRetryState().last = { kind: 'failure', failure };
    if (this.isDone(item)) {
      drop(effects, item);
      return false;
    }
    if (!isRecalled && this.#isOver(effects, item)) {
      fail(effects, item, exhausted(item, 'deliveryTimeoutMs'));
      return false;
    }
    this.#tellRetry(item, 0, 'unsent');
    return true;
  }

  /** Its time is over, though the engine, which stood still meanwhile, has not been woken for it yet. */
  #isOver({ now }: ReplyEffects<Failure>, { calledAt, isAwaited, retryState }: Item): boolean {
    if (!isAwaited) return false;
    return retryState?.isLastChance === true || now - calledAt >= this.#settings.deliveryTimeoutMs;
  }

  /** What is not wanted is sent again only if it may have been done, and makes what others wait for. */
  isDone(item: Item): boolean {
    return !item.isWanted && !(item.maybeApplied && this.#backlog.order.isNeeded(item));
  }

  /**
   * Whether an attempt counts that was lost alone right after the answer to a ping. What requests ask
   * may be down while what a ping asks is up, so it does so once in the longest delay: the limit then
   * lasts for minutes.
   */
  #doesPingCount({ now }: ReplyEffects<Failure>, item: Item): boolean {
    const retryState = item.keepRetryState();
    const { pingCountedAt = Number.NEGATIVE_INFINITY } = retryState;
    if (now - pingCountedAt < this.#settings.retry.maxDelayMs) return false;
    retryState.pingCountedAt = now;
    return true;
  }

  /** How long such an item lets others go first: the next probe is theirs, if there are any. */
  #standBackMs({ now }: ReplyEffects<Failure>): number {
    return 2 * (this.#breaker.nextProbeAt - now);
  }

  /** Counts an attempt against the limit; false: it was the last. */
  #charge(item: Item): boolean {
    return ++item.keepRetryState().countedAttempts < this.#settings.retry.limit;
  }

  /** Of the delays of all items of a batch. */
  chanceOf(effects: ReplyEffects<Failure>): number {
    effects.chance ??= this.#random();
    return effects.chance;
  }

  #again(effects: ReplyEffects<Failure>, item: Item, reason: Why, askedMs = 0): void {
    const { retry } = this.#settings;
    const ownMs = backoffMs(item.keepRetryState().countedAttempts, retry, this.chanceOf(effects));
    const delayMs = Math.max(ownMs, Math.min(askedMs, retry.maxPauseMs));
    this.#tellRetry(item, delayMs, reason);
    this.#backlog.putBack(item, effects.now + delayMs);
  }

  #tellRetry({ name: key, type, attempts }: Item, delayMs: number, reason: Why): void {
    this.retried++;
    this.#events.emit('retry', { key, type, attempts, delayMs, reason });
  }
}

/** Ends the item with a failure. */
export function fail<Failure>(
  effects: ReplyEffects<Failure>,
  item: Item,
  reason: Reason<Failure>,
  exists = false,
): void {
  effects.ends.push({ kind: 'failed', item, reason, exists });
}

/** Ends an item that nobody wants; for those who need what it makes, it has failed. */
export function drop<Failure>(effects: ReplyEffects<Failure>, item: Item): void {
  fail(effects, item, reasonToDrop(item));
}

/** After an attempt without answer, a conflict is most likely with our own success. */
export function errorReason(
  item: Item,
  { output, requestId }: FailedOutput,
  conflict?: 'exists' | 'state' | 'used',
): Reason<never> {
  const maybeApplied = item.maybeApplied && conflict !== undefined;
  return { kind: conflict === 'used' ? 'used' : 'error', output, requestId, maybeApplied };
}

export function brokenContract(
  problem: 'missing output' | 'malformed output',
  { output, requestId }: FailedOutput,
): Reason<never> {
  return { kind: 'contract', problem, output, requestId, maybeApplied: true };
}

function exhausted<Failure>(
  { attempts, maybeApplied, retryState }: Item,
  limit: 'attempts' | 'deliveryTimeoutMs' = 'attempts',
): Reason<Failure> {
  const last = retryState?.last as Last<Failure> | undefined;
  return { kind: 'exhausted', limit, attempts, last, maybeApplied };
}
