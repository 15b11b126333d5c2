/**
 * How the engine changes: in steps. What each of them has made sendable leaves at its end, and what it has to
 * tell is told when it is over.
 * What only time makes due, the alarm wakes it for.
 */

import type { AbortSignals } from '../lib/abort-signals.ts';
import { inLaterTurn } from '../lib/clock.ts';
import type { Cancellation } from './calls/cancellation.ts';
import type { ResultDelivery } from './calls/result-delivery.ts';
import type { Settlement } from './calls/settlement.ts';
import type { Item, PendingCall } from './items/item.ts';
import type { Emitter } from './ports/events.ts';
import type { CompleteOptions } from './ports/options.ts';
import type { Reply } from './ports/sender.ts';
import type { Backlog } from './queue/backlog.ts';
import type { Bisection } from './requests/bisection.ts';
import type { Dispatcher } from './requests/dispatcher.ts';
import type { InFlightRequests } from './requests/in-flight.ts';
import type { Outcome } from './requests/outcome.ts';
import type { Replies } from './requests/replies.ts';
import type { RequestInFlight } from './requests/request.ts';
import type { Retries } from './requests/retries.ts';
import type { ServerHealth, Silence } from './server/server-health.ts';

import type { Alarm } from './steps/alarm.ts';
import type { Steps } from './steps/steps.ts';

const NEVER = Number.POSITIVE_INFINITY;

type Settings = Pick<CompleteOptions<unknown>, 'deliveryTimeoutMs' | 'attemptTimeoutMs'>;

export interface LoopParts<Failure> {
  readonly settings: Settings;
  readonly steps: Steps;
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly retries: Retries<Failure>;
  readonly backlog: Backlog;
  readonly dispatcher: Dispatcher<Failure>;
  readonly events: Emitter;
  readonly intake: { endWindow(): void };
  readonly bisection: Bisection;
  readonly replies: Replies<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly signals: AbortSignals<PendingCall>;
  readonly delivery: ResultDelivery<Failure>;
  readonly inFlight: InFlightRequests<Failure>;
  readonly serverHealth: ServerHealth<Failure>;
  readonly cancellation: Cancellation<Failure>;
}

export class Loop<Failure> {
  readonly #settings: Settings;
  readonly #parts: LoopParts<Failure>;
  /**
   * How long after a call the alarm wakes at first: not too late for it, nor for the attempt that carries it.
   * So the timer that a lone call sets is early enough for all of its life.
   */
  readonly #firstWakeMs: number;
  /** What is gathered is to leave in requests that outlive the process, not by the usual rules. */
  #isHeld = false;
  /** Callers are left to be told, in a later turn of the event loop. */
  #tellsLater = false;

  constructor(parts: LoopParts<Failure>) {
    const { deliveryTimeoutMs, attemptTimeoutMs } = parts.settings;
    this.#settings = parts.settings;
    this.#parts = parts;
    // A call was made up to a millisecond before its own time says.
    this.#firstWakeMs = Math.min(deliveryTimeoutMs, attemptTimeoutMs - 1);
  }

  /** A call has been taken in; its window may never end. */
  watch(): void {
    const { alarm, backlog } = this.#parts;
    if (!backlog.isEmpty) alarm.setBy(backlog.lastCalledAt + this.#firstWakeMs);
  }

  /** The end of every step that may have made something sendable; such a step has one time. */
  pump(now: number = this.#parts.now()): void {
    if (this.#isHeld) return;
    const { alarm, backlog, dispatcher, intake, cancellation } = this.#parts;
    // Before anything is sent whose time is over.
    let deadline = this.#deadline;
    if (now >= deadline) {
      this.#expireWaiting(now, alarm.isLate(now));
      deadline = this.#deadline;
    }
    if (cancellation.unwanted.size > 0) cancellation.sweep();
    if (backlog.isEmpty) {
      dispatcher.rest();
      alarm.clear();
      // All who were in it have been withdrawn: no timer of it is to keep the process alive.
      intake.endWindow();
    } else {
      const next = dispatcher.pump(now);
      alarm.setBy(Math.min(next, deadline), now);
      backlog.lastCalledAt = NEVER;
    }
  }

  /** Does what is to be sent in another way than by `pump`, which comes after it. */
  holdFor<T>(step: () => T): T {
    return this.#parts.steps.run(() => {
      this.#isHeld = true;
      const result = step();
      this.#isHeld = false;
      this.pump();
      return result;
    });
  }

  /** A request is back. */
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

  /** A ping is back. */
  pinged(silence: Silence<Failure> | undefined, now: number): void {
    const { steps, serverHealth } = this.#parts;
    steps.run(() => {
      serverHealth.pinged(silence, now);
      this.pump(now);
    });
  }

  /** The alarm wakes the engine. */
  wake(isLate: boolean): void {
    const { now, steps, inFlight, cancellation } = this.#parts;
    steps.run(() => {
      inFlight.giveUpOverdue();
      const time = now();
      if (time >= this.#deadline) this.#expireWaiting(time, isLate);
      cancellation.expire(time - this.#settings.deliveryTimeoutMs);
      this.pump(time);
    });
  }

  /** What the steps so far have to tell, now that they are over. */
  tell(): void {
    const { events, signals, delivery, cancellation } = this.#parts;
    if (cancellation.recalled.length > 0) cancellation.recall();
    if (signals.unused.length > 0) signals.removeListeners();
    if (delivery.isDue && !this.#tellsLater && !delivery.tell()) {
      this.#tellsLater = true;
      inLaterTurn(() => {
        this.#tellsLater = false;
        this.tell();
      });
    }
    if (events.hasNews !== false) events.deliver();
  }

  /** Whatever went wrong with a reply, nobody waits for ever for what it said. */
  #giveUp({ items, fixed }: RequestInFlight, error: unknown): void {
    const { bisection, settlement } = this.#parts;
    if (fixed !== undefined) bisection.again(fixed, [], 0);
    settlement.settle(
      items
        .filter(({ state }) => state === 'in flight')
        .map((item) => {
          return { kind: 'failed', item, reason: { kind: 'fault', error, maybeApplied: true } };
        }),
    );
  }

  #expireWaiting(now: number, isLate: boolean): void {
    const { deliveryTimeoutMs, attemptTimeoutMs } = this.#settings;
    const calledBy = now - deliveryTimeoutMs;
    const reprievedTo = isLate ? Math.ceil(calledBy + attemptTimeoutMs) : undefined;
    this.#parts.cancellation.expireWaiting(calledBy, reprievedTo);
  }

  /** When the call that has waited longest has waited as long as a call may. */
  get #deadline(): number {
    const { oldest } = this.#parts.backlog;
    return oldest === undefined ? NEVER : oldest.calledAt + this.#settings.deliveryTimeoutMs;
  }
}
