/**
 * What happens when. At the end of each step, what has become sendable leaves, and callers and listeners are told once
 * it is over. The alarm wakes the engine for what only time makes due.
 */

import type { AbortSignals } from '../lib/abort-signals.ts';
import { NEVER } from '../lib/clock.ts';
import { inLaterTurn } from '../lib/event-loop.ts';
import type { Alarm } from './alarm.ts';
import type { CallerNotifier } from './calls/caller-notifier.ts';
import type { Cancellation } from './calls/cancellation.ts';
import type { Settlement } from './calls/settlement.ts';
import type { Item, ItemAndCaller } from './items/item.ts';
import type { CompleteOptions } from './ports/options.ts';
import type { Reply } from './ports/sender.ts';
import type { Backlog } from './queue/backlog.ts';
import type { Bisection } from './requests/bisection.ts';
import type { Dispatcher } from './requests/dispatcher.ts';
import type { InFlightRequests, RequestInFlight } from './requests/in-flight.ts';
import type { Outcome } from './requests/outputs.ts';
import type { Replies } from './requests/replies.ts';
import type { Retries } from './requests/retries.ts';
import type { PingFailure, ServerHealth } from './server/server-health.ts';
import type { Steps } from './steps.ts';

export interface LoopParts<Failure> extends CompleteOptions<Failure> {
  readonly steps: Steps;
  readonly alarm: Alarm;
  readonly retries: Retries<Failure>;
  readonly backlog: Backlog;
  readonly dispatcher: Dispatcher<Failure>;
  readonly intake: { endWindow(): void };
  readonly bisection: Bisection;
  readonly replies: Replies<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly signals: AbortSignals<ItemAndCaller>;
  readonly notifier: CallerNotifier<Failure>;
  readonly inFlight: InFlightRequests<Failure>;
  readonly serverHealth: ServerHealth<Failure>;
  readonly cancellation: Cancellation<Failure>;
}

export class Loop<Failure> {
  readonly #parts: LoopParts<Failure>;
  /**
   * How long after a call the alarm wakes at first: in time for its deadline and for that of its attempt, so that the
   * timer of a lone call need not be set again.
   */
  readonly #firstWakeMs: number;
  #isHeld = false;
  /** A later turn of the event loop goes on telling callers. */
  #tellsLater = false;

  constructor(parts: LoopParts<Failure>) {
    const { deliveryTimeoutMs, attemptTimeoutMs } = parts;
    this.#parts = parts;
    // A call was made up to a millisecond before its time says.
    this.#firstWakeMs = Math.min(deliveryTimeoutMs, attemptTimeoutMs - 1);
  }

  /** A call was taken. Its window may never end, so the alarm is set. */
  watch(): void {
    const { alarm, backlog } = this.#parts;
    if (!backlog.isEmpty) alarm.setBy(backlog.lastCalledAt + this.#firstWakeMs);
  }

  /** Sends what may leave, and sets the alarm: the end of every step that may have made something sendable. */
  pump(now: number = this.#parts.clock.now()): void {
    if (this.#isHeld) return;
    const { alarm, backlog, dispatcher, intake, cancellation } = this.#parts;
    // First, so that nothing is sent whose time is over.
    let deadline = this.#deadline;
    if (now >= deadline) {
      this.#expireWaiting(now, alarm.isLate(now));
      deadline = this.#deadline;
    }
    if (cancellation.unwanted.size > 0) cancellation.sweep();
    if (backlog.isEmpty) {
      dispatcher.rest();
      alarm.clear();
      // Its items are all cancelled: its timer must not keep the process alive.
      intake.endWindow();
    } else {
      const next = dispatcher.pump(now);
      alarm.setBy(Math.min(next, deadline), now);
      backlog.lastCalledAt = NEVER;
    }
  }

  /** Runs a step that sends by rules of its own; the usual ones apply when it is over. */
  holdFor<T>(step: () => T): T {
    return this.#parts.steps.run(() => {
      this.#isHeld = true;
      const result = step();
      this.#isHeld = false;
      this.pump();
      return result;
    });
  }

  apply(
    request: RequestInFlight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    const { retries, dispatcher, replies, steps } = this.#parts;
    steps.run(() => {
      const { requeued } = retries;
      try {
        replies.apply(request, reply, outcomes, now);
      } catch (error) {
        this.#giveUp(request, error);
      }
      if (retries.requeued > requeued) dispatcher.hurryRequeued();
      this.pump(now);
    });
  }

  /** A ping has come back. */
  pinged(failed: PingFailure<Failure> | undefined, now: number): void {
    const { steps, serverHealth } = this.#parts;
    steps.run(() => {
      serverHealth.pinged(failed, now);
      this.pump(now);
    });
  }

  wake(isLate: boolean): void {
    const { clock, steps, inFlight, cancellation } = this.#parts;
    steps.run(() => {
      inFlight.giveUpOverdue();
      const now = clock.now();
      if (now >= this.#deadline) this.#expireWaiting(now, isLate);
      cancellation.expire(now - this.#parts.deliveryTimeoutMs);
      this.pump(now);
    });
  }

  /** Tells callers and listeners what the steps have changed. */
  tell(): void {
    const { events, signals, notifier, cancellation } = this.#parts;
    if (cancellation.recalled.length > 0) cancellation.recall();
    if (signals.unused.length > 0) signals.removeListeners();
    if (notifier.isDue && !this.#tellsLater && !notifier.tell()) {
      this.#tellsLater = true;
      inLaterTurn(() => {
        this.#tellsLater = false;
        this.tell();
      });
    }
    if (events.hasPending !== false) events.deliver();
  }

  /** A reply could not be applied: its items end, so that no call waits for ever. */
  #giveUp({ items, fixed }: RequestInFlight, error: unknown): void {
    const { bisection, settlement } = this.#parts;
    if (fixed !== undefined) bisection.again(fixed, [], 0);
    settlement.settle(
      items
        .filter(({ state }) => state === 'in flight')
        .map((item) => {
          return { kind: 'failed', item, reason: { kind: 'threw', error, maybeApplied: true } };
        }),
    );
  }

  #expireWaiting(now: number, isLate: boolean): void {
    const { deliveryTimeoutMs, attemptTimeoutMs, cancellation } = this.#parts;
    const calledBy = now - deliveryTimeoutMs;
    const reprievedTo = isLate ? Math.ceil(calledBy + attemptTimeoutMs) : undefined;
    cancellation.expireWaiting(calledBy, reprievedTo);
  }

  /** The deadline of the call that has waited longest. */
  get #deadline(): number {
    const { oldest } = this.#parts.backlog;
    return oldest === undefined ? NEVER : oldest.calledAt + this.#parts.deliveryTimeoutMs;
  }
}
