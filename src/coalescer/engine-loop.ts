/**
 * What happens when. At the end of each step, what has become sendable leaves, and callers and listeners are told once
 * it is over. The alarm wakes the engine for what only time makes due.
 */

import type { AbortSignals } from '../lib/abort-signals.ts';
import type { Clock } from '../lib/clock.ts';
import { NEVER } from '../lib/clock.ts';
import { inLaterTurn } from '../lib/event-loop.ts';
import type { FairTimeouts } from '../lib/fair-timeouts.ts';
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

/**
 * The engine changes in steps. User code is asked before a step and told after it, so it finds the ledger right and
 * may call back.
 */
export class Steps {
  #isInside = false;
  /** Tells callers and listeners what the steps have changed. User code may run in it. */
  readonly #tell: () => void;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** Runs a step; one within another is a part of it. Throws what the step throws. */
  run<T>(step: () => T): T {
    if (this.#isInside) return step();
    // Before anything changes: a step that is broken off half-way would leave the ledger wrong.
    Reflect.apply(takeStackRoomForStep, undefined, STACK_ROOM_FOR_STEP);
    this.#isInside = true;
    try {
      return step();
    } finally {
      this.#isInside = false;
      this.#tell();
    }
  }

  /**
   * Runs a step. Where the stack is nearly used up, as by a user's recursion that aborts a signal, it runs later on a
   * stack of its own.
   */
  runSoon(step: () => void): void {
    try {
      Reflect.apply(takeStackRoomForStep, undefined, STACK_ROOM_FOR_STEP);
    } catch {
      queueMicrotask(() => this.run(step));
      return;
    }
    this.run(step);
  }
}

/** So many arguments take 3 kB of the stack, more than any step does. */
const STACK_ROOM_FOR_STEP: readonly number[] = new Array(384).fill(0);

/** Called with `STACK_ROOM_FOR_STEP`, it throws a RangeError where the stack has no room for a step. */
function takeStackRoomForStep(): void {}

/** A timer that fires so late, in milliseconds, says that the process stood still. */
const LATE_ALARM_MS = 1_000;

interface Wakening {
  readonly clock: Clock;
  readonly timeouts: FairTimeouts;
  readonly wake: (isLate: boolean) => void;
}

/** The engine's only timer. It wakes the engine at the earliest time that was asked for. */
export class Alarm {
  readonly #wakening: Wakening;
  #at = NEVER;
  #cancel: (() => void) | undefined;

  constructor(wakening: Wakening) {
    this.#wakening = wakening;
  }

  /** It should have fired long ago, so the process stood still. */
  isLate(now: number): boolean {
    return now - this.#at > LATE_ALARM_MS;
  }

  /**
   * Makes sure that the engine wakes by then. A timer for an earlier time stays: to wake too early costs less than to
   * set a timer at each change.
   */
  setBy(at: number, asked?: number): void {
    if (at >= this.#at) return;
    const { clock, timeouts, wake } = this.#wakening;
    this.#cancel?.();
    this.#at = at;
    const now = asked ?? clock.now();
    const wakeUp = (): void => {
      const isLate = this.isLate(clock.now());
      this.#at = NEVER;
      this.#cancel = undefined;
      wake(isLate);
    };
    // The time itself may have passed when the timer was set.
    const come = (): void => {
      this.#cancel = timeouts.expire(at, wakeUp) ?? this.#cancel;
    };
    this.#cancel = clock.after(Math.max(0, at - now), come, now);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = NEVER;
  }
}

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
    if (events.hasUndelivered !== false) events.deliver();
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
