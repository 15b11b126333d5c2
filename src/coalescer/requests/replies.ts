/** What a reply means for the items of its batch, and for all that leave after it. */

import type { Settlement } from '../calls/settlement.ts';
import type { Item } from '../items/item.ts';
import type { Emitter } from '../ports/events.ts';
import type { RetrySettings } from '../ports/options.ts';
import type { Answer, Reply } from '../ports/sender.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { AdaptiveLimits } from '../server/adaptive-limits.ts';
import { backoffMs } from '../server/backoff.ts';
import type { CircuitBreaker } from '../server/circuit-breaker.ts';
import type { ServerHealth } from '../server/server-health.ts';
import type { Bisection, FixedBatch } from './bisection.ts';
import type { Outcome } from './outcome.ts';
import { byKey, unaskedIn } from './outputs.ts';
import type { RequestInFlight } from './request.ts';
import type { ReplyEffects, Retries } from './retries.ts';
import { brokenContract, drop, errorReason, fail } from './retries.ts';

/** Lost attempts with evidence, after which a batch is halved: one of its items may be to blame. */
const LOST_BEFORE_HALVING = 3;

type Answered = Extract<Reply<unknown>, { kind: 'answered' }>;
type Refusal<Failure> = Extract<Reply<Failure>, { kind: 'refused' }>;

/** Whom the replies tell of what came back. */
interface RepliesParts<Failure> {
  readonly retry: RetrySettings;
  readonly backlog: Backlog;
  readonly retries: Retries<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly breaker: CircuitBreaker;
  readonly serverHealth: ServerHealth<Failure>;
  readonly adaptive: AdaptiveLimits;
  readonly bisection: Bisection;
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
    request: RequestInFlight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    const { adaptive, bisection, settlement } = this.#parts;
    const effects: ReplyEffects<Failure> = { now, chance: undefined, ends: [] };
    const { divided } = bisection;
    switch (reply.kind) {
      case 'answered':
        this.#answered(effects, request, reply, outcomes);
        break;
      case 'refused':
        this.#refused(effects, request, reply);
        break;
      case 'busy':
        this.#busy(effects, request, reply);
        break;
      case 'lost':
        if (reply.oversized) this.#oversized(effects, request, reply);
        else this.#lost(effects, request, reply);
        break;
      case 'unsent':
        this.#unsent(effects, request, reply);
        break;
      default:
        reply satisfies never;
    }
    if (reply.kind !== 'busy') this.#busyInARow = 0;
    if (reply.kind === 'answered' || reply.kind === 'refused') {
      const isProgress = effects.ends.length > 0 || bisection.divided > divided;
      if (!isProgress) adaptive.spacing.futile(request.number, now);
      else if (adaptive.spacing.inARow > 0) adaptive.spacing.progressed();
    }
    if (this.#parts.events.wanted.response) this.#tell(request, reply, effects);
    settlement.settle(effects.ends);
  }

  #answered(
    effects: ReplyEffects<Failure>,
    request: RequestInFlight,
    { status, outputs }: Answered,
    outcomes: readonly Outcome<Item>[],
  ): void {
    const { retries, adaptive, breaker, bisection, serverHealth } = this.#parts;
    const { items, packed, fixed } = request;
    serverHealth.answered(request.leftAt, effects.now);
    adaptive.answered(packed?.keys.length ?? items.length, request.bytes);
    if (fixed !== undefined || bisection.refusedInARow > 0) bisection.passed(fixed);
    if (packed !== undefined) {
      // What became of its items is its caller's to read.
      const value: Answer = { status, outputs: byKey(outputs, packed.keys) };
      for (const item of items)
        effects.ends.push({ kind: 'succeeded', item, value, id: undefined });
      return;
    }
    const backBefore = retries.requeued + retries.retried;
    let ran = 0;
    let hasFailed = false;
    for (const outcome of outcomes) {
      const { item, kind } = outcome;
      const retryState = item.extras?.retryState;
      if (retryState !== undefined) {
        retryState.hadSecondChance = false;
        retryState.answersSeen = breaker.answers;
      }
      if (kind === 'skipped') {
        retries.skipped(effects, item, outcome.because);
        continue;
      }
      ran++;
      hasFailed ||= kind === 'output' && outcome.verdict.kind === 'error';
      if (kind === 'output') this.#said(effects, outcome);
      else retries.missing(effects, item, outcome.requestId);
    }
    const back = retries.requeued + retries.retried - backBefore;
    if (hasFailed) adaptive.cut.failed(ran, items.length - back);
    else adaptive.cut.passed(items.length, request.empty);
  }

  /** What the server said of an item by itself. */
  #said(
    effects: ReplyEffects<Failure>,
    { item, output, requestId, verdict, others }: Extract<Outcome<Item>, { kind: 'output' }>,
  ): void {
    const { retries, retry } = this.#parts;
    switch (verdict.kind) {
      case 'success': {
        const { value, id } = verdict;
        effects.ends.push({ kind: 'succeeded', item, value, others, id });
        break;
      }
      case 'error': {
        const { code, retryAfterMs, conflict } = verdict;
        if (code !== undefined && retry.itemCodes.includes(code)) {
          retries.transient(effects, item, { code, output, requestId, retryAfterMs });
        } else {
          // What may be there already can be asked for by its id: nobody is taken along.
          const mayBeThere = conflict === 'exists' || conflict === 'used';
          fail(effects, item, errorReason(item, { output, requestId }, conflict), mayBeThere);
        }
        break;
      }
      case 'malformed':
        fail(effects, item, brokenContract('malformed output', { output, requestId }));
        break;
      default:
        verdict satisfies never;
    }
  }

  /** A definite no to the whole request. One item: it is to blame. More: its halves will tell. */
  #refused(
    effects: ReplyEffects<Failure>,
    request: RequestInFlight,
    reply: Refusal<Failure>,
  ): void {
    const { retries, backlog, adaptive, bisection, serverHealth } = this.#parts;
    const { status, failure, blame, exists = false } = reply;
    const { fixed } = request;
    bisection.failed(fixed);
    if (status !== undefined) serverHealth.answered(request.leftAt, effects.now, reply);
    const items = request.items.filter((item) => {
      // Refused means not run: what nobody waits for is not sent again.
      const isOver = retries.isDone(item);
      if (isOver) drop(effects, item);
      return !isOver;
    });
    const isDivisible = request.packed === undefined && (blame === 'items' || blame === 'bytes');
    // By what was sent: if all the others are dropped, one of them may still have been to blame.
    const wasAlone = request.items.length === 1;
    if (isDivisible && !wasAlone) {
      if (blame === 'bytes') adaptive.bytes.refused(request.bytes);
      for (const item of items) backlog.hold(item);
      bisection.divide(items, blame, fixed);
    } else {
      // The next attempt may be made otherwise: each item gets a second chance.
      const again =
        blame === 'attempt' ? items.filter(({ retryState }) => !retryState?.hadSecondChance) : [];
      for (const item of again) item.keepRetryState().hadSecondChance = true;
      this.#putBack(again, fixed, 0);
      const systemic = isDivisible && bisection.refusedAlone(status);
      for (const item of items) {
        if (again.includes(item)) continue;
        const { maybeApplied } = item;
        effects.ends.push({
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
    effects: ReplyEffects<Failure>,
    request: RequestInFlight,
    reply: Extract<Reply<Failure>, { kind: 'busy' }>,
  ): void {
    const { retries, adaptive, events, retry, random, serverHealth } = this.#parts;
    const { items, leftAt, together, fixed } = request;
    const { status, failure, afterMs, maybeApplied } = reply;
    const { now } = effects;
    if (serverHealth.putOff(request, reply, now)) this.#busyInARow++;
    adaptive.concurrency.refused(leftAt, together, now);
    // A time that is over already, by the server's clock or ours, is none.
    const ownMs = backoffMs(Math.max(1, this.#busyInARow), retry, retries.chanceOf(effects));
    const pauseMs = afterMs || Math.min(ownMs, retry.maxPauseMs);
    events.emit('pause', { ms: adaptive.gate.close(pauseMs, now, random()), status });
    const left = items.filter((item) => {
      const retryState = item.keepRetryState();
      retryState.maybeApplied ||= maybeApplied;
      retryState.answersSeen ??= request.answersBefore;
      retryState.last = { kind: 'failure', failure };
      const isOver = retries.isDone(item);
      if (isOver) drop(effects, item);
      return !isOver;
    });
    this.#putBack(left, fixed, 0);
  }

  /** No usable answer. After the third counted time in halves: one item may make the server fall. */
  #lost(
    effects: ReplyEffects<Failure>,
    request: RequestInFlight,
    reply: Extract<Reply<Failure>, { kind: 'lost' }>,
  ): void {
    const { retries, backlog, adaptive, bisection, serverHealth } = this.#parts;
    const { items, leftAt, together, fixed } = request;
    const { failure, overload, status } = reply;
    bisection.failed(fixed);
    // What is divided already is suspected itself, whatever goes beside it.
    if (overload && fixed?.queue.why !== 'lost') {
      adaptive.concurrency.refused(leftAt, together, effects.now);
    }
    // A half of what a server that answers pings does not answer need not wait as in an outage.
    const isPaced = fixed?.queue.why !== 'lost' || !request.hasPing || items.length === 1;
    serverHealth.unanswered(request, reply, effects.now, isPaced);
    let notBefore = 0;
    const { answersBefore, hasPing } = request;
    const company = { answersBefore, isAlone: items.length === 1, hasPing };
    const left = items.filter((item) => {
      const time = retries.lost(effects, item, failure, company);
      if (time !== undefined) notBefore = Math.max(notBefore, time);
      return time !== undefined;
    });
    const isSuspect = left.some(
      ({ retryState }) =>
        retryState !== undefined &&
        retryState.countedAttempts + retryState.suspicions >= LOST_BEFORE_HALVING,
    );
    if (isSuspect && left.length > 1) {
      for (const item of left) backlog.hold(item);
      bisection.divideLost(
        left,
        notBefore,
        fixed,
        status === undefined ? request.bytes : undefined,
      );
    } else {
      this.#putBack(left, fixed, notBefore);
    }
  }

  /**
   * The answer was there, but larger than what is read: what it said of the items is not known. Halves
   * have smaller ones, and there is nothing to wait for.
   */
  #oversized(
    effects: ReplyEffects<Failure>,
    { items, leftAt, fixed }: RequestInFlight,
    reply: Extract<Reply<Failure>, { kind: 'lost' }>,
  ): void {
    const { retries, backlog, bisection, serverHealth } = this.#parts;
    serverHealth.answered(leftAt, effects.now, reply);
    const left = items.filter((item) =>
      retries.oversized(effects, item, reply.failure, items.length === 1),
    );
    if (left.length > 1) {
      for (const item of left) backlog.hold(item);
      bisection.divideLost(left, 0, fixed);
    } else {
      this.#putBack(left, fixed, 0);
    }
  }

  /** It never left: the way to the server is down, or there is no token. All wait as in an outage. */
  #unsent(
    effects: ReplyEffects<Failure>,
    request: RequestInFlight,
    reply: Extract<Reply<Failure>, { kind: 'unsent' }>,
  ): void {
    const { retries, serverHealth } = this.#parts;
    const { isRecalled } = request.sending;
    if (!isRecalled) serverHealth.unanswered(request, reply, effects.now);
    const left = request.items.filter((item) =>
      retries.unsent(effects, item, reply.failure, isRecalled),
    );
    this.#putBack(left, request.fixed, 0);
  }

  /** Items that fared badly together go back to their places, or stay together in their part. */
  #putBack(items: readonly Item[], fixed: FixedBatch | undefined, notBefore: number): void {
    const { backlog, bisection } = this.#parts;
    if (fixed === undefined) {
      for (const item of items) backlog.putBack(item, notBefore);
    } else {
      for (const item of items) backlog.hold(item);
      bisection.again(fixed, items, notBefore);
    }
  }

  #tell(
    { number, items, leftAt, packed }: RequestInFlight,
    reply: Reply<Failure>,
    { now, ends }: ReplyEffects<Failure>,
  ): void {
    const { events, serverHealth } = this.#parts;
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
      cause: reply.kind === 'answered' ? undefined : serverHealth.wordsFor(reply).cause,
    });
  }
}
