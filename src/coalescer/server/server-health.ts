/**
 * Keeps what is known of the server, for stats and events: whether it answers, since when, and what went wrong last.
 * Passes what comes of each attempt on to circuit breaker, pause gate and spacing.
 */
import { wallNow } from '../../lib/clock.ts';
import type { Item } from '../items/item.ts';
import type { CompleteOptions, RetrySettings } from '../ports/options.ts';
import type { LastAttempt } from '../ports/reason.ts';
import type { FailureDescription, Reply } from '../ports/sender.ts';
import type { AdaptiveLimits } from './adaptive-limits.ts';
import { backoffMs } from './backoff.ts';

/** What is known of the server, or of the way to it. */
export interface ServerStats {
  /**
   * `unknown`: nothing has come back yet. `answering`: the last answer was usable. `pausing`: the server asked for a
   * pause. `failing`: the last attempt had no usable answer.
   */
  readonly state: 'unknown' | 'answering' | 'pausing' | 'failing';
  /** Since when; undefined if unknown. */
  readonly since: Date | undefined;
  /** What went wrong last, in words, even if it is over; undefined if nothing has. */
  readonly cause: string | undefined;
}

/** Why a ping was not answered, if it is known. */
export interface PingFailure<Failure> {
  readonly failure: Failure | undefined;
}

interface RequestForHealth {
  readonly number: number;
  /** Usable answers that the engine had seen when it left. */
  readonly answersBefore: number;
  readonly isProbe: boolean;
}

/** Failed attempts in a row before the event `outage`. */
const FAILED_BEFORE_OUTAGE = 3;

const UNKNOWN_SERVER_FAILURE = 'no usable answer';

interface ServerHealthParts<Failure> extends CompleteOptions<Failure> {
  readonly breaker: CircuitBreaker;
  readonly adaptive: AdaptiveLimits;
  /** Calls that are pending. */
  readonly waiting: () => number;
}

/** What went wrong with an attempt. */
interface FailedAttempt<Failure> {
  readonly failure: Failure;
  readonly status?: number | undefined;
}

/** A time by the engine's clock, and the same in milliseconds since 1970, for people. */
interface HealthMoment {
  readonly at: number;
  readonly wall: number;
}

export class ServerHealth<Failure> {
  /** What went wrong last, if nothing usable has come since. */
  last: LastAttempt<Failure> | undefined;
  readonly #parts: ServerHealthParts<Failure>;
  /** The state, pauses apart, and since when. */
  #state: 'unknown' | 'answering' | 'failing' = 'unknown';
  #since: HealthMoment | undefined;
  /** When the last pause began; kept when it is over. */
  #pausingSince: HealthMoment | undefined;
  #cause: string | undefined;
  /** Attempts and pings in a row that failed. */
  #failedInARow = 0;
  #isOutage = false;

  constructor(parts: ServerHealthParts<Failure>) {
    this.#parts = parts;
  }

  /** What went wrong last for an item that ends now; if it was never sent, what went wrong for others. */
  lastFor({ retryState, state }: Item): LastAttempt<Failure> | undefined {
    const own = retryState?.last as LastAttempt<Failure> | undefined;
    if (own !== undefined) return own;
    return state === 'in flight' ? { kind: 'silence' } : this.last;
  }

  /** A request that left at that time was answered; `failed` if the answer was a refusal. */
  answered(leftAt: number, now: number, failed?: FailedAttempt<Failure>): void {
    if (failed !== undefined) this.#noteCause(failed);
    const { gate } = this.#parts.adaptive;
    if (gate.isProbing) gate.answered(leftAt);
    this.#isUp(now);
  }

  /** The server asked for a pause. Returns false if a request that was in flight with this one has reported it. */
  pauseAsked(
    { number, answersBefore }: Omit<RequestForHealth, 'isProbe'>,
    reply: Extract<Reply<Failure>, { kind: 'busy' }>,
    now: number,
  ): boolean {
    const { adaptive, breaker } = this.#parts;
    const isNews = adaptive.spacing.noProgress(number, now);
    if (!this.#isPausing(now)) this.#pausingSince = { at: now, wall: wallNow() };
    if (!reply.maybeApplied) this.#isUp(now);
    if (reply.maybeApplied && isNews && breaker.answers === answersBefore) this.#fail(reply, now);
    else this.#noteCause(reply);
    this.last = { kind: 'failure', failure: reply.failure };
    return isNews;
  }

  /** A request had no usable answer. If not `isPaced`, the next one need not wait as in an outage. */
  unanswered(
    { number, answersBefore, isProbe }: RequestForHealth,
    failed: FailedAttempt<Failure>,
    now: number,
    isPaced = true,
  ): void {
    const { adaptive, breaker, random } = this.#parts;
    if (breaker.lost(answersBefore, isProbe, now, random(), isPaced)) {
      this.#pausingSince = undefined;
      this.#fail(failed, now);
    } else {
      this.#noteCause(failed);
    }
    adaptive.gate.unanswered(now);
    adaptive.spacing.noProgress(number, now);
  }

  /** A ping came back, answered if there is no `failed`. */
  pinged(failed: PingFailure<Failure> | undefined, now: number): void {
    const { adaptive, breaker, random } = this.#parts;
    breaker.pinged(failed === undefined, now, random());
    if (failed === undefined) return;
    adaptive.gate.unanswered(now);
    const { failure } = failed;
    if (failure === undefined)
      this.#countFailed({ cause: this.#cause ?? UNKNOWN_SERVER_FAILURE }, now);
    else this.#fail({ failure }, now);
  }

  /** What went wrong, in words. `describe` is user code, and may throw. */
  describe({ failure, status }: FailedAttempt<Failure>): FailureDescription {
    try {
      const description = this.#parts.describe?.(failure);
      if (description !== undefined) return description;
    } catch {
      // The status is enough.
    }
    return { cause: status === undefined ? UNKNOWN_SERVER_FAILURE : `status ${status}` };
  }

  stats(now: number): ServerStats {
    const isPausing = this.#isPausing(now);
    return {
      state: isPausing ? 'pausing' : this.#state,
      since: isPausing ? dateOfHealth(this.#pausingSince) : this.#sinceLastPause,
      cause: this.#cause,
    };
  }

  /** If a pause has ended since, the state began with its end: no event marks that moment. */
  get #sinceLastPause(): Date | undefined {
    const { opensAt } = this.#parts.adaptive.gate;
    const isLater = this.#pausingSince !== undefined && opensAt > (this.#since?.at ?? opensAt);
    return isLater ? dateOfHealth(this.#pausingSince, opensAt) : dateOfHealth(this.#since);
  }

  #isPausing(now: number): boolean {
    const { gate } = this.#parts.adaptive;
    return this.#pausingSince !== undefined && (gate.isClosed(now) || gate.isProbing);
  }

  #isUp(now: number): void {
    const { events, breaker } = this.#parts;
    const failingSince = this.#since?.at ?? now;
    breaker.answered();
    this.#failedInARow = 0;
    this.last = undefined;
    if (this.#state !== 'answering') this.#become('answering', now);
    if (!this.#isOutage) return;
    this.#isOutage = false;
    events.emit('recovery', { durationMs: now - failingSince });
  }

  #noteCause(failed: FailedAttempt<Failure>): FailureDescription {
    const description = this.describe(failed);
    this.#cause = description.cause;
    return description;
  }

  #fail(failed: FailedAttempt<Failure>, now: number): void {
    this.last = { kind: 'failure', failure: failed.failure };
    this.#countFailed(this.#noteCause(failed), now);
  }

  #countFailed({ cause, lasting = false }: FailureDescription, now: number): void {
    this.#failedInARow++;
    if (this.#state !== 'failing') this.#become('failing', now);
    if (this.#isOutage || (!lasting && this.#failedInARow < FAILED_BEFORE_OUTAGE)) return;
    this.#isOutage = true;
    const { events, waiting } = this.#parts;
    events.emit('outage', { cause, waiting: waiting() });
  }

  #become(state: 'answering' | 'failing', now: number): void {
    this.#state = state;
    this.#since = { at: now, wall: wallNow() };
  }
}

function dateOfHealth(
  moment: HealthMoment | undefined,
  at: number | undefined = moment?.at,
): Date | undefined {
  return moment && at !== undefined ? new Date(moment.wall + at - moment.at) : undefined;
}

/** The longest time between two probes, in milliseconds. */
const MAX_PROBE_DELAY_MS = 5_000;

/** Probes that must fail in a row before a ping is sent. */
const PROBES_BEFORE_PING = 3;

/**
 * Whether the server answers at all.
 *
 * A request without an answer says little by itself. If others are answered, one of its items is the culprit; if none
 * is, there is an outage, and no item is. So attempts are charged only on evidence, and during an outage one request
 * at a time probes for all.
 *
 * An answered ping is weak evidence: what it needs may be up while what requests need is down.
 */
export class CircuitBreaker {
  answers = 0;
  isOpen = false;
  /** No request leaves before this time while the breaker is open. */
  nextProbeAt = 0;
  /** A ping was answered since the last probe: if the next probe fails, one of its items may be the culprit. */
  hasPing = false;
  /** Requests in a row without an answer, in the present outage. */
  #failures = 0;
  readonly #retry: Pick<RetrySettings, 'minDelayMs'>;

  constructor(retry: Pick<RetrySettings, 'minDelayMs'>) {
    this.#retry = retry;
  }

  get needsPing(): boolean {
    return this.#failures > PROBES_BEFORE_PING && !this.hasPing;
  }

  answered(): void {
    this.answers++;
    this.isOpen = false;
    this.#failures = 0;
    this.hasPing = false;
  }

  /**
   * A request had no usable answer. `answersBefore`: the number of answers when it left. Requests that were in flight
   * when the outage began are no news, and do not delay the next probe. If not `isPaced`, the next request waits only
   * for its ping. Returns whether this is news.
   */
  lost(
    answersBefore: number,
    isProbe: boolean,
    now: number,
    chance: number,
    isPaced = true,
  ): boolean {
    if (this.answers > answersBefore || (this.isOpen && !isProbe)) return false;
    this.hasPing = false;
    if (!isPaced) return true;
    this.#fail(now, chance);
    return true;
  }

  /** A ping came back. Whatever it says, probing goes on. */
  pinged(answered: boolean, now: number, chance: number): void {
    if (answered) this.hasPing = true;
    else this.#fail(now, chance);
  }

  #fail(now: number, chance: number): void {
    const { minDelayMs } = this.#retry;
    this.isOpen = true;
    this.#failures++;
    this.nextProbeAt =
      now + backoffMs(this.#failures, { minDelayMs, maxDelayMs: MAX_PROBE_DELAY_MS }, chance);
  }
}
