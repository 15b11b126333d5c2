import type { RetrySettings } from '../ports/options.ts';
import { backoffMs } from './backoff.ts';

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
