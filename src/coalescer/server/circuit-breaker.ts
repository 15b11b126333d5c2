/**
 * Whether the server answers at all.
 *
 * A request without an answer says little by itself. If others are answered, it is the fault of what
 * it carries; if none is, the server or the way to it is down, and no item is to blame. So attempts
 * are charged only on evidence, and during an outage one request at a time probes for all.
 *
 * A ping that is answered is weak evidence: what it asks may be up while what requests ask is down.
 */
import type { RetrySettings } from '../ports/options.ts';
import { backoffMs } from './backoff.ts';

/** The longest pause between two probes, in milliseconds. */
const MAX_PROBE_DELAY_MS = 5_000;

/** Probes that failed in a row, after which the server is asked whether it answers at all. */
const PROBES_BEFORE_PING = 3;

export class CircuitBreaker {
  /** Usable answers so far. */
  answers = 0;
  isOpen = false;
  /** No request leaves before this time, while the server is down. */
  nextProbeAt = 0;
  /** A ping was answered since the last probe: what the next one carries may be to blame, if it fails. */
  hasPing = false;
  /** Requests in a row that got no answer, during the present outage. */
  #failures = 0;
  readonly #retry: Pick<RetrySettings, 'minDelayMs'>;

  constructor(retry: Pick<RetrySettings, 'minDelayMs'>) {
    this.#retry = retry;
  }

  /** The next probe waits for a ping. */
  get needsPing(): boolean {
    return this.#failures > PROBES_BEFORE_PING && !this.hasPing;
  }

  /** A request had a usable answer. */
  answered(): void {
    this.answers++;
    this.isOpen = false;
    this.#failures = 0;
    this.hasPing = false;
  }

  /**
   * A request had none. `answersBefore`: the number of answers when it left. Requests that were
   * under way when the outage began tell nothing new, and do not make the next probe later. Not
   * `isPaced`: the next one has to wait for its ping only. Returns whether it says something new.
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
