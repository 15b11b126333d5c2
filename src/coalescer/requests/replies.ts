/** What a reply means for the items of its batch, and for all that leave after it. */

import type { Settlement } from '../calls/settlement.ts';
import type { Item } from '../items/item.ts';
import type { Emitter } from '../ports/events.ts';
import type { Answer, Reply } from '../ports/ports.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { Capacity } from '../server/adaptive-limits.ts';
import type { RetrySettings } from '../server/backoff.ts';
import { backoffMs } from '../server/backoff.ts';
import type { Health, ServerWatch } from '../server/health.ts';
import type { Part, Parts } from './bisection.ts';
import type { Outcome } from './outcome.ts';
import { byKey, unaskedIn } from './outputs.ts';
import type { Flight } from './request.ts';
import type { Attempts, Step } from './retries.ts';
import { brokenContract, drop, errorReason, fail } from './retries.ts';

/** Lost attempts with evidence, after which a batch is halved: one of its items may be to blame. */
const LOST_BEFORE_HALVING = 3;

type Answered = Extract<Reply<unknown>, { kind: 'answered' }>;
type Refusal<Failure> = Extract<Reply<Failure>, { kind: 'refused' }>;

/** Whom the replies tell of what came back. */
interface RepliesParts<Failure> {
  readonly retry: RetrySettings;
  readonly backlog: Backlog;
  readonly attempts: Attempts<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly health: Health;
  readonly watch: ServerWatch<Failure>;
  readonly capacity: Capacity;
  readonly parts: Parts;
  readonly events: Emitter;
  readonly random: () => number;
}

export class Replies<Failure> {
  readonly #parts: RepliesParts<Failure>;
  /** Times in a row that the server was busy; requests that were under way together are one. */
  #busyInARow = 0;

  constructor(parts: RepliesParts<Failure>) {
    this.#parts = parts;
  }

  /**
   * Applies a reply: every item of the batch is settled, or waits at its place or in its part.
   * `outcomes` are what an answer means for each of them.
   */
  apply(
    flight: Flight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    const { capacity, parts, settlement } = this.#parts;
    const step: Step<Failure> = { now, chance: undefined, ends: [] };
    const { divided } = parts;
    switch (reply.kind) {
      case 'answered':
        this.#answered(step, flight, reply, outcomes);
        break;
      case 'refused':
        this.#refused(step, flight, reply);
        break;
      case 'busy':
        this.#busy(step, flight, reply);
        break;
      case 'lost':
        if (reply.oversized) this.#oversized(step, flight, reply);
        else this.#lost(step, flight, reply);
        break;
      case 'unsent':
        this.#unsent(step, flight, reply);
        break;
      default:
        reply satisfies never;
    }
    if (reply.kind !== 'busy') this.#busyInARow = 0;
    if (reply.kind === 'answered' || reply.kind === 'refused') {
      const isProgress = step.ends.length > 0 || parts.divided > divided;
      if (!isProgress) capacity.spacing.inVain(flight.number, now);
      else if (capacity.spacing.inARow > 0) capacity.spacing.fruitful();
    }
    if (this.#parts.events.wanted.response) this.#tell(flight, reply, step);
    settlement.settle(step.ends);
  }

  #answered(
    step: Step<Failure>,
    flight: Flight,
    { status, outputs }: Answered,
    outcomes: readonly Outcome<Item>[],
  ): void {
    const { attempts, capacity, health, parts, watch } = this.#parts;
    const { items, packed, part } = flight;
    watch.answered(flight.leftAt, step.now);
    capacity.answered(packed?.keys.length ?? items.length, flight.bytes);
    if (part !== undefined || parts.refusedInARow > 0) parts.passed(part);
    if (packed !== undefined) {
      // What became of its items is its caller's to read.
      const value: Answer = { status, outputs: byKey(outputs, packed.keys) };
      for (const item of items) step.ends.push({ kind: 'succeeded', item, value, id: undefined });
      return;
    }
    const backBefore = attempts.requeued + attempts.retried;
    let ran = 0;
    let hasFailed = false;
    for (const outcome of outcomes) {
      const { item, kind } = outcome;
      const setbacks = item.extras?.setbacks;
      if (setbacks !== undefined) {
        setbacks.hadSecondChance = false;
        setbacks.answersSeen = health.answers;
      }
      if (kind === 'skipped') {
        attempts.skipped(step, item, outcome.because);
        continue;
      }
      ran++;
      hasFailed ||= kind === 'output' && outcome.verdict.kind === 'error';
      if (kind === 'output') this.#said(step, outcome);
      else attempts.missing(step, item);
    }
    const back = attempts.requeued + attempts.retried - backBefore;
    if (hasFailed) capacity.cut.failed(ran, items.length - back);
    else capacity.cut.passed(items.length, flight.empty);
  }

  /** What the server said of an item by itself. */
  #said(
    step: Step<Failure>,
    { item, output, verdict, others }: Extract<Outcome<Item>, { kind: 'output' }>,
  ): void {
    const { attempts, retry } = this.#parts;
    switch (verdict.kind) {
      case 'success': {
        const { value, id } = verdict;
        step.ends.push({ kind: 'succeeded', item, value, others, id });
        break;
      }
      case 'error': {
        const { code, retryAfterMs, conflict } = verdict;
        if (code !== undefined && retry.itemCodes.includes(code)) {
          attempts.transient(step, item, { code, output, retryAfterMs });
        } else {
          // What may be there already can be asked for by its id: nobody is taken along.
          const mayBeThere = conflict === 'exists' || conflict === 'used';
          fail(step, item, errorReason(item, output, conflict), mayBeThere);
        }
        break;
      }
      case 'malformed':
        fail(step, item, brokenContract('malformed output', output));
        break;
      default:
        verdict satisfies never;
    }
  }

  /** A definite no to the whole request. One item: it is to blame. More: its halves will tell. */
  #refused(step: Step<Failure>, flight: Flight, reply: Refusal<Failure>): void {
    const { attempts, backlog, capacity, parts, watch } = this.#parts;
    const { status, failure, blame, exists = false } = reply;
    const { part } = flight;
    parts.failed(part);
    if (status !== undefined) watch.answered(flight.leftAt, step.now, reply);
    const items = flight.items.filter((item) => {
      // Refused means not run: what nobody waits for is not sent again.
      const isOver = attempts.isDone(item);
      if (isOver) drop(step, item);
      return !isOver;
    });
    const isDivisible = flight.packed === undefined && (blame === 'items' || blame === 'bytes');
    // By what was sent: if all the others are dropped, one of them may still have been to blame.
    const wasAlone = flight.items.length === 1;
    if (isDivisible && !wasAlone) {
      if (blame === 'bytes') capacity.bytes.refused(flight.bytes);
      for (const item of items) backlog.hold(item);
      parts.divide(items, blame, part);
    } else {
      // The next attempt may be made otherwise: each item gets a second chance.
      const again =
        blame === 'attempt' ? items.filter(({ setbacks }) => !setbacks?.hadSecondChance) : [];
      for (const item of again) item.noteSetback().hadSecondChance = true;
      this.#putBack(again, part, 0);
      const systemic = isDivisible && parts.refusedAlone(status);
      for (const item of items) {
        if (again.includes(item)) continue;
        const { maybeApplied } = item;
        step.ends.push({
          kind: 'failed',
          item,
          reason: { kind: 'refused', failure, maybeApplied },
          exists,
          systemic,
        });
      }
    }
  }

  /** Nothing leaves for a while. It is no attempt: nobody could have done better. */
  #busy(
    step: Step<Failure>,
    flight: Flight,
    reply: Extract<Reply<Failure>, { kind: 'busy' }>,
  ): void {
    const { attempts, capacity, events, retry, random, watch } = this.#parts;
    const { items, leftAt, inFlight, part } = flight;
    const { status, failure, afterMs, maybeApplied } = reply;
    const { now } = step;
    if (watch.putOff(flight, reply, now)) this.#busyInARow++;
    capacity.concurrency.refused(leftAt, inFlight, now);
    // A time that is over already, by the server's clock or ours, is none.
    const ownMs = backoffMs(Math.max(1, this.#busyInARow), retry, attempts.chanceOf(step));
    const pauseMs = afterMs || Math.min(ownMs, retry.maxPauseMs);
    events.emit('pause', { ms: capacity.gate.close(pauseMs, now, random()), status });
    const left = items.filter((item) => {
      const setbacks = item.noteSetback();
      setbacks.maybeApplied ||= maybeApplied;
      setbacks.answersSeen ??= flight.answersBefore;
      setbacks.last = { kind: 'failure', failure };
      const isOver = attempts.isDone(item);
      if (isOver) drop(step, item);
      return !isOver;
    });
    this.#putBack(left, part, 0);
  }

  /** No usable answer. After the third counted time in halves: one item may make the server fall. */
  #lost(
    step: Step<Failure>,
    flight: Flight,
    reply: Extract<Reply<Failure>, { kind: 'lost' }>,
  ): void {
    const { attempts, backlog, capacity, parts, watch } = this.#parts;
    const { items, leftAt, inFlight, part } = flight;
    const { failure, overload, status } = reply;
    parts.failed(part);
    // What is divided already is suspected itself, whatever goes beside it.
    if (overload && part?.line.why !== 'lost') {
      capacity.concurrency.refused(leftAt, inFlight, step.now);
    }
    // A half of what a server that answers pings does not answer need not wait as in an outage.
    const isPaced = part?.line.why !== 'lost' || !flight.hasPing || items.length === 1;
    watch.unanswered(flight, reply, step.now, isPaced);
    let notBefore = 0;
    const { answersBefore, hasPing } = flight;
    const company = { answersBefore, isAlone: items.length === 1, hasPing };
    const left = items.filter((item) => {
      const time = attempts.lost(step, item, failure, company);
      if (time !== undefined) notBefore = Math.max(notBefore, time);
      return time !== undefined;
    });
    const isSuspect = left.some(
      ({ setbacks }) =>
        setbacks !== undefined &&
        setbacks.countedAttempts + setbacks.suspicions >= LOST_BEFORE_HALVING,
    );
    if (isSuspect && left.length > 1) {
      for (const item of left) backlog.hold(item);
      parts.divideLost(left, notBefore, part, status === undefined ? flight.bytes : undefined);
    } else {
      this.#putBack(left, part, notBefore);
    }
  }

  /**
   * The answer was there, but larger than what is read: what it said of the items is not known. Halves
   * have smaller ones, and there is nothing to wait for.
   */
  #oversized(
    step: Step<Failure>,
    { items, leftAt, part }: Flight,
    reply: Extract<Reply<Failure>, { kind: 'lost' }>,
  ): void {
    const { attempts, backlog, parts, watch } = this.#parts;
    watch.answered(leftAt, step.now, reply);
    const left = items.filter((item) =>
      attempts.oversized(step, item, reply.failure, items.length === 1),
    );
    if (left.length > 1) {
      for (const item of left) backlog.hold(item);
      parts.divideLost(left, 0, part);
    } else {
      this.#putBack(left, part, 0);
    }
  }

  /** It never left: the way to the server is down, or there is no token. All wait as in an outage. */
  #unsent(
    step: Step<Failure>,
    flight: Flight,
    reply: Extract<Reply<Failure>, { kind: 'unsent' }>,
  ): void {
    const { attempts, watch } = this.#parts;
    const { isRecalled } = flight.trip;
    if (!isRecalled) watch.unanswered(flight, reply, step.now);
    const left = flight.items.filter((item) =>
      attempts.unsent(step, item, reply.failure, isRecalled),
    );
    this.#putBack(left, flight.part, 0);
  }

  /** Items that fared badly together go back to their places, or stay together in their part. */
  #putBack(items: readonly Item[], part: Part | undefined, notBefore: number): void {
    const { backlog, parts } = this.#parts;
    if (part === undefined) {
      for (const item of items) backlog.putBack(item, notBefore);
    } else {
      for (const item of items) backlog.hold(item);
      parts.again(part, items, notBefore);
    }
  }

  #tell(
    { number, items, leftAt, packed }: Flight,
    reply: Reply<Failure>,
    { now, ends }: Step<Failure>,
  ): void {
    const { events, watch } = this.#parts;
    const succeeded = ends.filter(({ kind }) => kind === 'succeeded').length;
    events.emit('response', {
      number,
      status: reply.kind === 'unsent' ? undefined : reply.status,
      durationMs: now - leftAt,
      succeeded,
      failed: ends.length - succeeded,
      returned: items.length - ends.length,
      unasked:
        reply.kind === 'answered'
          ? unaskedIn(reply.outputs, packed?.keys ?? items.map(({ key }) => key))
          : 0,
      cause: reply.kind === 'answered' ? undefined : watch.wordsFor(reply).cause,
    });
  }
}
