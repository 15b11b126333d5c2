/**
 * Whether the server answers at all.
 *
 * A request without an answer says little by itself. If others are answered, it is the fault of what
 * it carries; if none is, the server or the way to it is down, and no item is to blame. So attempts
 * are charged only on evidence, and during an outage one request at a time probes for all.
 */
import type { RetrySettings } from './backoff.ts';
import { backoffMs } from './backoff.ts';

/** The longest pause between two probes, in milliseconds. */
const MAX_PROBE_DELAY_MS = 5_000;

/** Probes that failed in a row, after which the server is asked whether it answers at all. */
const PROBES_BEFORE_PING = 3;

export class Health {
  /** Usable answers so far. */
  answers = 0;
  /** No request leaves before this time, while the server is down. */
  nextProbeAt = 0;
  /** Requests in a row that got no answer, during the present outage. */
  #failures = 0;
  #pinged = false;
  readonly #retry: Pick<RetrySettings, 'minDelayMs'>;

  constructor(retry: Pick<RetrySettings, 'minDelayMs'>) {
    this.#retry = retry;
  }

  get isDown(): boolean {
    return this.#failures > 0;
  }

  /** The next probe waits for a ping, whose answer is evidence too. */
  get needsPing(): boolean {
    return this.#failures > PROBES_BEFORE_PING && !this.#pinged;
  }

  /** A request had a usable answer. */
  answered(): void {
    this.answers++;
    this.#failures = 0;
    this.#pinged = false;
  }

  /**
   * A request had none. `answersBefore`: the number of answers when it left. Requests that were
   * under way when the outage began tell nothing new, and do not make the next probe later.
   */
  lost(answersBefore: number, isProbe: boolean, now: number, chance: number): void {
    if (this.answers > answersBefore || (this.isDown && !isProbe)) return;
    this.#failures++;
    this.#pinged = false;
    this.nextProbeAt = now + this.#delay(chance);
  }

  /** A ping came back. Its answer is evidence, but what failed may fail again: probing goes on. */
  pinged(answered: boolean, now: number, chance: number): void {
    if (answered) {
      this.answers++;
      this.#pinged = true;
    } else {
      this.#failures++;
      this.nextProbeAt = now + this.#delay(chance);
    }
  }

  #delay(chance: number): number {
    const { minDelayMs } = this.#retry;
    return backoffMs(this.#failures, { minDelayMs, maxDelayMs: MAX_PROBE_DELAY_MS }, chance);
  }
}
