/**
 * What becomes of an item after an attempt that did not settle it: another attempt, or its end. This is
 * the only retry loop of the package.
 */
import type { Item } from '../items/item.ts';
import type { EngineEvents } from '../ports/events.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { FailedItem, FailedOutput } from '../ports/reason.ts';
import type { Backlog } from '../queue/backlog.ts';
import { backoffMs } from '../server/backoff.ts';
import type { CircuitBreaker } from '../server/server-health.ts';
import { brokenContract, errorReason } from './outputs.ts';
import type { ReplyEffects } from './reply-effects.ts';

/** An item's transient error is final once the server has given it so often in a row, */
const TRANSIENT_ERRORS_BEFORE_FINAL = 3;
/** and so many milliseconds have passed since the first time. */
const TRANSIENT_MS_BEFORE_FINAL = 5_000;

interface RetriesParts<Failure> extends CompleteOptions<Failure> {
  readonly backlog: Backlog;
  readonly breaker: CircuitBreaker;
}

export class Retries<Failure> {
  /** Times that an item went back because the server had not reached it. */
  requeued = 0;
  /** Times that an item went back for another attempt. */
  retried = 0;
  readonly #parts: RetriesParts<Failure>;

  constructor(parts: RetriesParts<Failure>) {
    this.#parts = parts;
  }

  /** The server never ran it: no attempt is charged, and it need not wait. */
  skipped(effects: ReplyEffects<Failure>, item: Item, because: FailedItem<Failure>): void {
    const { onSkipped, events, backlog } = this.#parts;
    const { key, type, maybeApplied } = item;
    if (this.dropIfDone(effects, item)) return;
    if (onSkipped === 'reject' && item.isAwaited) {
      effects.fail(item, { kind: 'skipped', because, maybeApplied });
    } else {
      this.requeued++;
      events.emit('requeue', { key, type, becauseOf: because.key });
      backlog.putBack(item, 0);
    }
  }

  /** No output, although no item before it failed: the answer breaks the contract. */
  missing(effects: ReplyEffects<Failure>, item: Item, requestId: string | undefined): void {
    item.keepRetryState().maybeApplied = true;
    if (this.dropIfDone(effects, item)) return;
    if (this.#charge(item)) this.#again(effects, item, 'missing');
    else effects.fail(item, brokenContract('missing output', { output: undefined, requestId }));
  }

  /** The item goes back, not before the time that the server names, and last in its next batch. */
  transient(
    effects: ReplyEffects<Failure>,
    item: Item,
    error: FailedOutput & { code: string; retryAfterMs: number | undefined },
  ): void {
    const { now } = effects;
    const { code, output, requestId, retryAfterMs = 0 } = error;
    if (!item.isWanted) {
      effects.drop(item);
      return;
    }
    const mayGoOn = this.#charge(item);
    const retryState = item.keepRetryState();
    const before = retryState.transient?.code === code ? retryState.transient : undefined;
    const { since, times } = before ?? { since: now, times: 0 };
    retryState.transient = { code, since, times: times + 1 };
    retryState.last = { kind: 'output', output, requestId };
    if (times + 1 >= TRANSIENT_ERRORS_BEFORE_FINAL && now - since >= TRANSIENT_MS_BEFORE_FINAL) {
      // The server seems to have stored this answer under the key: it will not change any more.
      effects.fail(item, errorReason(item, error));
    } else if (mayGoOn) {
      this.#again(effects, item, 'transient', retryAfterMs);
    } else {
      effects.exhaust(item);
    }
  }

  /**
   * No usable answer: the server may have run the item. The attempt counts only if the server has answered
   * others since, and the item fails only if it was alone: otherwise another item of the batch may be the
   * culprit. Returns the time before which it is not to be sent again; undefined if it has ended.
   */
  lost(effects: ReplyEffects<Failure>, item: Item, failure: Failure): number | undefined {
    const { breaker, retry } = this.#parts;
    const { answersBefore, items, hasPing } = effects.request;
    const isAlone = items.length === 1;
    const { answers } = breaker;
    const retryState = item.keepRetryState();
    const wereOthersAnswered = answers > (retryState.answersSeen ?? answersBefore);
    retryState.maybeApplied = true;
    retryState.answersSeen = answers;
    retryState.last = { kind: 'failure', failure };
    if (this.#endIfOver(effects, item)) return undefined;
    const isLostAfterPing = hasPing && !wereOthersAnswered;
    const counts =
      wereOthersAnswered || (isLostAfterPing && isAlone && this.#doesPingCount(effects, item));
    if (isLostAfterPing && !counts) retryState.lostAfterPing++;
    if (counts && !this.#charge(item) && isAlone) {
      effects.exhaust(item);
      return undefined;
    }
    // If the attempt does not count, the item waits for the circuit breaker, as all others do.
    let delayMs = 0;
    if (wereOthersAnswered) {
      delayMs = backoffMs(retryState.countedAttempts, retry, effects.chance);
    } else if (isLostAfterPing && isAlone) {
      // Long enough for other items to have the next probe.
      delayMs = 2 * (breaker.nextProbeAt - effects.now);
    }
    this.#tellRetry(item, delayMs, 'lost');
    return delayMs === 0 ? 0 : effects.now + delayMs;
  }

  /**
   * Its answer was too large to be read. An item that was alone fails, in doubt: its next answer would be
   * as large. Returns whether it is to be sent again.
   */
  oversized(effects: ReplyEffects<Failure>, item: Item, failure: Failure): boolean {
    const isAlone = effects.request.items.length === 1;
    const retryState = item.keepRetryState();
    retryState.maybeApplied = true;
    retryState.last = { kind: 'failure', failure };
    if (this.#endIfOver(effects, item)) return false;
    if (isAlone) effects.exhaust(item);
    else this.#tellRetry(item, 0, 'lost');
    return !isAlone;
  }

  /**
   * It was never sent, so the attempt does not count. Returns whether it is to be sent again; always, if
   * its request was recalled because of another item.
   */
  unsent(effects: ReplyEffects<Failure>, item: Item, failure: Failure): boolean {
    item.attempts--;
    item.keepRetryState().last = { kind: 'failure', failure };
    const { isRecalled } = effects.request.sending;
    if (isRecalled ? this.dropIfDone(effects, item) : this.#endIfOver(effects, item)) return false;
    this.#tellRetry(item, 0, 'unsent');
    return true;
  }

  /**
   * Ends an item that is not wanted any more; returns whether it did. One that may have been done is still
   * sent while others need what it makes.
   */
  dropIfDone(effects: ReplyEffects<Failure>, item: Item): boolean {
    if (item.isWanted || (item.maybeApplied && this.#parts.backlog.order.isNeeded(item))) {
      return false;
    }
    effects.drop(item);
    return true;
  }

  /** The same, and of an item whose time is up, which the alarm may not have noticed yet after a stop. */
  #endIfOver(effects: ReplyEffects<Failure>, item: Item): boolean {
    if (this.dropIfDone(effects, item)) return true;
    const { calledAt, isAwaited, retryState } = item;
    const isTimeUp = effects.now - calledAt >= this.#parts.deliveryTimeoutMs;
    if (!isAwaited || !(retryState?.isLastChance || isTimeUp)) return false;
    effects.exhaust(item, 'deliveryTimeoutMs');
    return true;
  }

  /**
   * Whether an attempt counts that was lost alone right after a ping was answered. What requests need may
   * be down while what a ping needs is up, so it counts once in `maxDelayMs`: `limit` then lasts for minutes.
   */
  #doesPingCount({ now }: ReplyEffects<Failure>, item: Item): boolean {
    const retryState = item.keepRetryState();
    const { pingCountedAt = Number.NEGATIVE_INFINITY } = retryState;
    if (now - pingCountedAt < this.#parts.retry.maxDelayMs) return false;
    retryState.pingCountedAt = now;
    return true;
  }

  /** Counts an attempt against `retry.limit`; false if it was the last. */
  #charge(item: Item): boolean {
    return ++item.keepRetryState().countedAttempts < this.#parts.retry.limit;
  }

  #again(
    effects: ReplyEffects<Failure>,
    item: Item,
    reason: EngineEvents['retry']['reason'],
    askedMs = 0,
  ): void {
    const { retry } = this.#parts;
    const ownMs = backoffMs(item.keepRetryState().countedAttempts, retry, effects.chance);
    const delayMs = Math.max(ownMs, Math.min(askedMs, retry.maxPauseMs));
    this.#tellRetry(item, delayMs, reason);
    this.#parts.backlog.putBack(item, effects.now + delayMs);
  }

  #tellRetry(
    { keyInEvents: key, type, attempts }: Item,
    delayMs: number,
    reason: EngineEvents['retry']['reason'],
  ): void {
    this.retried++;
    this.#parts.events.emit('retry', { key, type, attempts, delayMs, reason });
  }
}
