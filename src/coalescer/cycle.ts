/**
 * How the engine changes: in steps. What each of them has made sendable leaves at its end, and what it has to
 * tell is told when it is over.
 * What only time makes due, the alarm wakes it for.
 */

import type { AbortSignals } from '../lib/abort-signals.ts';
import type { Clock } from '../lib/clock.ts';
import { inLaterTurn } from '../lib/clock.ts';
import type { FairTimeouts } from '../lib/fair-timeouts.ts';
import type { Withdrawals } from './calls/cancellation.ts';
import type { Telling } from './calls/result-delivery.ts';
import type { Settlement } from './calls/settlement.ts';
import type { Item, Waiting } from './items/item.ts';
import type { Emitter } from './ports/events.ts';
import type { Reply } from './ports/ports.ts';
import type { Backlog } from './queue/backlog.ts';
import type { Parts } from './requests/bisection.ts';
import type { Dispatcher } from './requests/dispatcher.ts';
import type { UnderWay } from './requests/in-flight.ts';
import type { Outcome } from './requests/outcome.ts';
import type { Replies } from './requests/replies.ts';
import type { Flight, Silence } from './requests/request.ts';
import type { Attempts } from './requests/retries.ts';
import type { ServerWatch } from './server/health.ts';

/**
 * No code but the engine's own runs inside a step: what comes from outside is asked before, and told after. So
 * whoever is told finds the books right, and may call back.
 */
export class Steps {
  #isInside = false;
  /** Tells what the steps so far have to tell; user code may run in it. */
  readonly #tell: () => void;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** Runs a step; one within another is a part of it. Throws what the step throws. */
  run<T>(step: () => T): T {
    if (this.#isInside) return step();
    // Before anything has changed: a step that is broken off half-way would leave the books wrong.
    Reflect.apply(takeRoom, undefined, ROOM);
    this.#isInside = true;
    try {
      return step();
    } finally {
      this.#isInside = false;
      this.#tell();
    }
  }

  /**
   * Runs a step that nobody waits for. Where the stack is nearly used up, as in a recursion of the
   * user's that aborts a signal, it runs on a stack of its own.
   */
  runSoon(step: () => void): void {
    try {
      Reflect.apply(takeRoom, undefined, ROOM);
    } catch {
      queueMicrotask(() => this.run(step));
      return;
    }
    this.run(step);
  }
}

/** Arguments that take up 3 kB: more of the stack than any step does. */
const ROOM: readonly number[] = new Array(384).fill(0);

/** With `ROOM` for its arguments, throws a RangeError where the stack has no room for a step. */
function takeRoom(): void {}

const NEVER = Number.POSITIVE_INFINITY;

/** How late a timer must fire for it to say that this process stood still, in milliseconds. */
const LATE_MS = 1_000;

interface Wakening {
  readonly clock: Clock;
  readonly timeouts: FairTimeouts;
  readonly wake: (isLate: boolean) => void;
}

/** The engine's only timer: wakes it at the earliest time that it was asked for. */
export class Alarm {
  readonly #wakening: Wakening;
  #at = NEVER;
  #cancel: (() => void) | undefined;

  constructor(wakening: Wakening) {
    this.#wakening = wakening;
  }

  /** It should have woken the engine long ago: the process stood still meanwhile. */
  isLate(now: number): boolean {
    return now - this.#at > LATE_MS;
  }

  /**
   * Sees to it that the engine wakes by then. A timer that is set for an earlier time stays: waking
   * too early costs less than setting a timer at each change.
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
    // Late by the time that it was set for, which may have been over when it was set.
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

export interface CycleSettings {
  /** The longest from a call to its settlement, in milliseconds. */
  readonly deliveryTimeoutMs: number;
  readonly attemptTimeoutMs?: number | undefined;
}

export interface CycleParts<Failure> {
  readonly settings: CycleSettings;
  readonly steps: Steps;
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly attempts: Attempts<Failure>;
  readonly backlog: Backlog;
  readonly dispatcher: Dispatcher<Failure>;
  readonly events: Emitter;
  readonly intake: { endWindow(): void };
  readonly parts: Parts;
  readonly replies: Replies<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly signals: AbortSignals<Waiting>;
  readonly telling: Telling<Failure>;
  readonly underWay: UnderWay<Failure>;
  readonly watch: ServerWatch<Failure>;
  readonly withdrawals: Withdrawals<Failure>;
}

export class Cycle<Failure> {
  readonly #settings: CycleSettings;
  readonly #parts: CycleParts<Failure>;
  /**
   * How long after a call the alarm wakes at first: not too late for it, nor for the attempt that carries it.
   * So the timer that a lone call sets is early enough for all of its life.
   */
  readonly #firstWakeMs: number;
  /** What is gathered is to leave in requests that outlive the process, not by the usual rules. */
  #isHeld = false;
  /** Callers are left to be told, in a later turn of the event loop. */
  #tellsLater = false;

  constructor(parts: CycleParts<Failure>) {
    const { deliveryTimeoutMs, attemptTimeoutMs = NEVER } = parts.settings;
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
    const { alarm, backlog, dispatcher, intake, withdrawals } = this.#parts;
    // Before anything is sent whose time is over.
    let deadline = this.#deadline;
    if (now >= deadline) {
      this.#expireWaiting(now, alarm.isLate(now));
      deadline = this.#deadline;
    }
    if (withdrawals.unwanted.size > 0) withdrawals.sweep();
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
    flight: Flight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    const { attempts, dispatcher, replies, steps } = this.#parts;
    steps.run(() => {
      const { requeued } = attempts;
      try {
        replies.apply(flight, reply, outcomes, now);
      } catch (error) {
        this.#giveUp(flight, error);
      }
      if (attempts.requeued > requeued) dispatcher.hurryRequeued();
      this.pump(now);
    });
  }

  /** A ping is back. */
  pinged(silence: Silence<Failure> | undefined, now: number): void {
    const { steps, watch } = this.#parts;
    steps.run(() => {
      watch.pinged(silence, now);
      this.pump(now);
    });
  }

  /** The alarm wakes the engine. */
  wake(isLate: boolean): void {
    const { now, steps, underWay, withdrawals } = this.#parts;
    steps.run(() => {
      underWay.giveUpOverdue();
      const time = now();
      if (time >= this.#deadline) this.#expireWaiting(time, isLate);
      withdrawals.expire(time - this.#settings.deliveryTimeoutMs);
      this.pump(time);
    });
  }

  /** What the steps so far have to tell, now that they are over. */
  tell(): void {
    const { events, signals, telling, withdrawals } = this.#parts;
    if (withdrawals.recalled.length > 0) withdrawals.recall();
    if (signals.unused.length > 0) signals.removeListeners();
    if (telling.isDue && !this.#tellsLater && !telling.tell()) {
      this.#tellsLater = true;
      inLaterTurn(() => {
        this.#tellsLater = false;
        this.tell();
      });
    }
    if (events.hasNews !== false) events.deliver();
  }

  /** Whatever went wrong with a reply, nobody waits for ever for what it said. */
  #giveUp({ items, part }: Flight, error: unknown): void {
    const { parts, settlement } = this.#parts;
    if (part !== undefined) parts.again(part, [], 0);
    settlement.settle(
      items
        .filter(({ state }) => state === 'in flight')
        .map((item) => {
          return { kind: 'failed', item, reason: { kind: 'fault', error, maybeApplied: true } };
        }),
    );
  }

  #expireWaiting(now: number, isLate: boolean): void {
    const { deliveryTimeoutMs, attemptTimeoutMs = deliveryTimeoutMs } = this.#settings;
    const calledBy = now - deliveryTimeoutMs;
    const reprievedTo = isLate ? Math.ceil(calledBy + attemptTimeoutMs) : undefined;
    this.#parts.withdrawals.expireWaiting(calledBy, reprievedTo);
  }

  /** When the call that has waited longest has waited as long as a call may. */
  get #deadline(): number {
    const { oldest } = this.#parts.backlog;
    return oldest === undefined ? NEVER : oldest.calledAt + this.#settings.deliveryTimeoutMs;
  }
}
