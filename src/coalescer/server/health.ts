/**
 * Whether the server answers at all.
 *
 * A request without an answer says little by itself. If others are answered, it is the fault of what
 * it carries; if none is, the server or the way to it is down, and no item is to blame. So attempts
 * are charged only on evidence, and during an outage one request at a time probes for all.
 *
 * A ping that is answered is weak evidence: what it asks may be up while what requests ask is down.
 *
 * The watch tells those who pace what leaves next of each attempt, and people whether the server answers, since
 * when, and what went wrong last.
 */
import { wallNow } from '../../lib/clock.ts';
import type { Item } from '../items/item.ts';
import type { Emitter } from '../ports/events.ts';
import type { Last, Reply, Trouble } from '../ports/ports.ts';
import type { Flight, Silence } from '../requests/request.ts';
import type { Capacity } from './adaptive-limits.ts';
import type { RetrySettings } from './backoff.ts';
import { backoffMs } from './backoff.ts';
import type { ServerStats } from './stats.ts';

/** The longest pause between two probes, in milliseconds. */
const MAX_PROBE_DELAY_MS = 5_000;

/** Probes that failed in a row, after which the server is asked whether it answers at all. */
const PROBES_BEFORE_PING = 3;

export class Health {
  /** Usable answers so far. */
  answers = 0;
  isDown = false;
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
    this.isDown = false;
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
    if (this.answers > answersBefore || (this.isDown && !isProbe)) return false;
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
    this.isDown = true;
    this.#failures++;
    this.nextProbeAt =
      now + backoffMs(this.#failures, { minDelayMs, maxDelayMs: MAX_PROBE_DELAY_MS }, chance);
  }
}

/** Failed attempts in a row, after which an outage is told of. */
const FAILED_BEFORE_TOLD = 3;

/** What attempts bear on, and who is told of them. */
interface ServerWatchParts<Failure> {
  readonly health: Health;
  readonly capacity: Capacity;
  readonly random: () => number;
  readonly events: Emitter;
  readonly describe: ((failure: Failure) => Trouble) | undefined;
  /** The number of calls that wait. */
  readonly waiting: () => number;
}

/** What was met, and what is known of it where nobody puts it in words. */
interface Met<Failure> {
  readonly failure: Failure;
  readonly status?: number | undefined;
}

/** A moment by the engine's clock, and the milliseconds since 1970 that it was, to tell people. */
interface Moment {
  readonly at: number;
  readonly wall: number;
}

export class ServerWatch<Failure> {
  readonly #parts: ServerWatchParts<Failure>;
  /** What it did last, its pauses left out, and since when. */
  #state: 'unknown' | 'answering' | 'failing' = 'unknown';
  #since: Moment | undefined;
  /** Since when it has wanted to be left alone; left as it is when that is over. */
  #pausingSince: Moment | undefined;
  #cause: string | undefined;
  #last: Last<Failure> | undefined;
  /** Attempts and pings in a row that failed. */
  #failed = 0;
  #isOutage = false;

  constructor(parts: ServerWatchParts<Failure>) {
    this.#parts = parts;
  }

  /** What went wrong last, if nothing usable has come since. */
  get last(): Last<Failure> | undefined {
    return this.#last;
  }

  /** What an item met last that ends now; one that was never sent ends for what others met. */
  lastFor({ setbacks, state }: Item): Last<Failure> | undefined {
    const own = setbacks?.last as Last<Failure> | undefined;
    if (own !== undefined) return own;
    return state === 'in flight' ? { kind: 'silence' } : this.#last;
  }

  /** A request that left at that time had a usable answer; `met`: one that brought no good news. */
  answered(leftAt: number, now: number, met?: Met<Failure>): void {
    if (met !== undefined) this.#note(met);
    const { gate } = this.#parts.capacity;
    if (gate.isProbing) gate.answered(leftAt);
    this.#isUp(now);
  }

  /** The server wants to be left alone. Returns false where another request has told so before. */
  putOff(
    { number, answersBefore }: Flight,
    reply: Extract<Reply<Failure>, { kind: 'busy' }>,
    now: number,
  ): boolean {
    const { capacity, health } = this.#parts;
    const isNews = capacity.spacing.inVain(number, now);
    if (!this.#isPausing(now)) this.#pausingSince = momentOf(now);
    if (!reply.maybeApplied) this.#isUp(now);
    if (reply.maybeApplied && isNews && health.answers === answersBefore) this.#fail(reply, now);
    else this.#note(reply);
    this.#last = { kind: 'failure', failure: reply.failure };
    return isNews;
  }

  /** Nothing usable has come of a request. Not `isPaced`: the next one need not wait as in an outage. */
  unanswered(
    { number, answersBefore, isProbe }: Flight,
    met: Met<Failure>,
    now: number,
    isPaced = true,
  ): void {
    const { capacity, health, random } = this.#parts;
    if (health.lost(answersBefore, isProbe, now, random(), isPaced)) {
      this.#pausingSince = undefined;
      this.#fail(met, now);
    } else {
      this.#note(met);
    }
    capacity.gate.unanswered(now);
    capacity.spacing.inVain(number, now);
  }

  /** A ping came back: `silence` is what it met, where it was not answered; perhaps it does not say. */
  pinged(silence: Silence<Failure> | undefined, now: number): void {
    const { capacity, health, random } = this.#parts;
    health.pinged(silence === undefined, now, random());
    if (silence === undefined) return;
    capacity.gate.unanswered(now);
    const { failure } = silence;
    if (failure === undefined) this.#countFailed({ cause: this.#cause ?? noAnswer }, now);
    else this.#fail({ failure }, now);
  }

  /** For people. A `describe` of the user's that fails costs nothing but its words. */
  wordsFor({ failure, status }: Met<Failure>): Trouble {
    try {
      const trouble = this.#parts.describe?.(failure);
      if (trouble !== undefined) return trouble;
    } catch {
      // The status has to do.
    }
    return { cause: status === undefined ? noAnswer : `status ${status}` };
  }

  stats(now: number): ServerStats {
    const isPausing = this.#isPausing(now);
    return {
      state: isPausing ? 'pausing' : this.#state,
      since: isPausing ? dateOf(this.#pausingSince) : this.#sinceBesidePauses,
      cause: this.#cause,
    };
  }

  /** A pause that is over has ended with nobody there to note it. */
  get #sinceBesidePauses(): Date | undefined {
    const { opensAt } = this.#parts.capacity.gate;
    const isLater = this.#pausingSince !== undefined && opensAt > (this.#since?.at ?? opensAt);
    return isLater ? dateOf(this.#pausingSince, opensAt) : dateOf(this.#since);
  }

  #isPausing(now: number): boolean {
    const { gate } = this.#parts.capacity;
    return this.#pausingSince !== undefined && (gate.isClosed(now) || gate.isProbing);
  }

  #isUp(now: number): void {
    const { events, health } = this.#parts;
    const failingSince = this.#since?.at ?? now;
    health.answered();
    this.#failed = 0;
    this.#last = undefined;
    if (this.#state !== 'answering') this.#become('answering', now);
    if (!this.#isOutage) return;
    this.#isOutage = false;
    events.emit('recovery', { durationMs: now - failingSince });
  }

  #note(met: Met<Failure>): Trouble {
    const trouble = this.wordsFor(met);
    this.#cause = trouble.cause;
    return trouble;
  }

  #fail(met: Met<Failure>, now: number): void {
    this.#last = { kind: 'failure', failure: met.failure };
    this.#countFailed(this.#note(met), now);
  }

  #countFailed({ cause, lasting = false }: Trouble, now: number): void {
    this.#failed++;
    if (this.#state !== 'failing') this.#become('failing', now);
    if (this.#isOutage || (!lasting && this.#failed < FAILED_BEFORE_TOLD)) return;
    this.#isOutage = true;
    const { events, waiting } = this.#parts;
    events.emit('outage', { cause, waiting: waiting() });
  }

  #become(state: 'answering' | 'failing', now: number): void {
    this.#state = state;
    this.#since = momentOf(now);
  }
}

const noAnswer = 'no usable answer';

function momentOf(now: number): Moment {
  return { at: now, wall: wallNow() };
}

function dateOf(moment: Moment | undefined, at: number | undefined = moment?.at): Date | undefined {
  return moment && at !== undefined ? new Date(moment.wall + at - moment.at) : undefined;
}
