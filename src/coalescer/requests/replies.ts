/** What a reply means for the items of its batch, and for all requests that leave after it. */
import type { Settlement } from '../calls/settlement.ts';
import type { Item } from '../items/item.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { PackedAnswer, Reply } from '../ports/sender.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { AdaptiveLimits } from '../server/adaptive-limits.ts';
import { backoffMs } from '../server/backoff.ts';
import type { CircuitBreaker, ServerHealth } from '../server/server-health.ts';
import type { Bisection, FixedBatch } from './bisection.ts';
import type { RequestInFlight } from './in-flight.ts';
import type { Outcome } from './outputs.ts';
import { brokenContract, countUnasked, errorReason, outputsByKey } from './outputs.ts';
import { ReplyEffects } from './reply-effects.ts';
import type { Retries } from './retries.ts';

/** A batch is halved once an item of it was lost so often, with evidence that the item may be the culprit. */
const LOST_REPLIES_BEFORE_HALVING = 3;

type ReplyOf<Failure, Kind> = Extract<Reply<Failure>, { kind: Kind }>;

interface RepliesParts<Failure> extends CompleteOptions<Failure> {
  readonly backlog: Backlog;
  readonly retries: Retries<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly breaker: CircuitBreaker;
  readonly serverHealth: ServerHealth<Failure>;
  readonly adaptive: AdaptiveLimits;
  readonly bisection: Bisection;
}

export class Replies<Failure> {
  readonly #parts: RepliesParts<Failure>;
  /** Times in a row that the server was busy; requests that were in flight together count as one. */
  #busyInARow = 0;

  constructor(parts: RepliesParts<Failure>) {
    this.#parts = parts;
  }

  /** Applies a reply: each item of the batch is settled, or goes back to its place or its half. */
  apply(
    request: RequestInFlight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    const { adaptive, bisection, settlement } = this.#parts;
    const effects = new ReplyEffects<Failure>(request, now, this.#parts.random);
    const { divided } = bisection;
    switch (reply.kind) {
      case 'answered':
        this.#answered(effects, reply, outcomes);
        break;
      case 'refused':
        this.#refused(effects, reply);
        break;
      case 'busy':
        this.#busy(effects, reply);
        break;
      case 'lost':
        if (reply.oversized) this.#oversized(effects, reply);
        else this.#lost(effects, reply);
        break;
      case 'unsent':
        this.#unsent(effects, reply);
        break;
      default:
        reply satisfies never;
    }
    if (reply.kind !== 'busy') this.#busyInARow = 0;
    if (reply.kind === 'answered' || reply.kind === 'refused') {
      const isProgress = effects.ends.length > 0 || bisection.divided > divided;
      if (!isProgress) adaptive.spacing.noProgress(request.number, now);
      else if (adaptive.spacing.inARow > 0) adaptive.spacing.progress();
    }
    if (this.#parts.events.observed.response) this.#tell(request, reply, effects);
    settlement.settle(effects.ends);
  }

  #answered(
    effects: ReplyEffects<Failure>,
    { status, outputs }: ReplyOf<Failure, 'answered'>,
    outcomes: readonly Outcome<Item>[],
  ): void {
    const { retries, adaptive, breaker, bisection, serverHealth } = this.#parts;
    const { request } = effects;
    const { items, packed, fixed } = request;
    serverHealth.answered(request.leftAt, effects.now);
    adaptive.answered(packed?.keys.length ?? items.length, request.bytes);
    if (fixed !== undefined || bisection.refusedInARow > 0) bisection.passed(fixed);
    if (packed !== undefined) {
      // The caller that packed the batch reads its outputs.
      const value: PackedAnswer = { status, outputs: outputsByKey(outputs, packed.keys) };
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

  /** An item has an output of its own. */
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
          // Dependents do not fail with it: they can still use what may exist already by its id.
          const mayBeThere = conflict === 'exists' || conflict === 'used';
          effects.fail(item, errorReason(item, { output, requestId }, conflict), mayBeThere);
        }
        break;
      }
      case 'malformed':
        effects.fail(item, brokenContract('malformed output', { output, requestId }));
        break;
      default:
        verdict satisfies never;
    }
  }

  /** The whole request was refused. A single item is the culprit; a larger batch is halved. */
  #refused(effects: ReplyEffects<Failure>, reply: ReplyOf<Failure, 'refused'>): void {
    const { retries, backlog, adaptive, bisection, serverHealth } = this.#parts;
    const { status, failure, blame, exists = false } = reply;
    const { request } = effects;
    const { fixed } = request;
    bisection.failed(fixed);
    if (status !== undefined) serverHealth.answered(request.leftAt, effects.now, reply);
    const items = request.items.filter((item) => !retries.dropIfDone(effects, item));
    const isDivisible = request.packed === undefined && (blame === 'items' || blame === 'bytes');
    // Counted as sent: an item that has been dropped may have been the culprit.
    const wasAlone = request.items.length === 1;
    if (isDivisible && !wasAlone) {
      if (blame === 'bytes') adaptive.bytes.refused(request.bytes);
      for (const item of items) backlog.hold(item);
      bisection.divide(items, blame, fixed);
      return;
    }
    const again: Item[] = [];
    const systemic = isDivisible && bisection.refusedAlone(status);
    for (const item of items) {
      // The next attempt may differ, in its token for example: each item gets one.
      if (blame === 'attempt' && !item.retryState?.hadSecondChance) {
        item.keepRetryState().hadSecondChance = true;
        again.push(item);
      } else {
        const reason = { kind: 'refused', failure, maybeApplied: item.maybeApplied } as const;
        effects.ends.push({ kind: 'failed', item, reason, exists, systemic });
      }
    }
    this.#putBack(again, fixed, 0);
  }

  /** All requests pause. No attempt is charged, since there is no culprit. */
  #busy(effects: ReplyEffects<Failure>, reply: ReplyOf<Failure, 'busy'>): void {
    const { retries, adaptive, events, retry, random, serverHealth } = this.#parts;
    const { now, request } = effects;
    const { items, leftAt, together, fixed } = request;
    const { status, failure, afterMs, maybeApplied } = reply;
    if (serverHealth.pauseAsked(request, reply, now)) this.#busyInARow++;
    adaptive.concurrency.refused(leftAt, together, now);
    // A time of 0, or in the past by one of the two clocks, is no time at all.
    const ownMs = backoffMs(Math.max(1, this.#busyInARow), retry, effects.chance);
    const pauseMs = afterMs || Math.min(ownMs, retry.maxPauseMs);
    events.emit('pause', { ms: adaptive.gate.close(pauseMs, now, random()), status });
    const remaining = items.filter((item) => {
      const retryState = item.keepRetryState();
      retryState.maybeApplied ||= maybeApplied;
      retryState.answersSeen ??= request.answersBefore;
      retryState.last = { kind: 'failure', failure };
      return !retries.dropIfDone(effects, item);
    });
    this.#putBack(remaining, fixed, 0);
  }

  /** No usable answer. After the third attempt that counts, the batch is halved to find the culprit. */
  #lost(effects: ReplyEffects<Failure>, reply: ReplyOf<Failure, 'lost'>): void {
    const { retries, adaptive, bisection, serverHealth } = this.#parts;
    const { request } = effects;
    const { items, leftAt, together, fixed } = request;
    const { failure, overload, status } = reply;
    const isHalf = fixed?.queue.why === 'lost';
    bisection.failed(fixed);
    // A half may hold the culprit, however many requests were in flight beside it.
    if (overload && !isHalf) adaptive.concurrency.refused(leftAt, together, effects.now);
    // The server answers pings, so the other half need not wait as in an outage.
    const isPaced = !isHalf || !request.hasPing || items.length === 1;
    serverHealth.unanswered(request, reply, effects.now, isPaced);
    let notBefore = 0;
    const remaining = items.filter((item) => {
      const time = retries.lost(effects, item, failure);
      if (time !== undefined) notBefore = Math.max(notBefore, time);
      return time !== undefined;
    });
    const mayHoldCulprit = remaining.some((item) => {
      const { countedAttempts, lostAfterPing } = item.keepRetryState();
      return countedAttempts + lostAfterPing >= LOST_REPLIES_BEFORE_HALVING;
    });
    if (mayHoldCulprit && remaining.length > 1) {
      const bytes = status === undefined ? request.bytes : undefined;
      this.#divideLost(remaining, notBefore, fixed, bytes);
    } else {
      this.#putBack(remaining, fixed, notBefore);
    }
  }

  /** The answer was too large to be read. Halves have smaller answers, and need not wait. */
  #oversized(effects: ReplyEffects<Failure>, reply: ReplyOf<Failure, 'lost'>): void {
    const { retries, serverHealth } = this.#parts;
    const { items, leftAt, fixed } = effects.request;
    serverHealth.answered(leftAt, effects.now, reply);
    const remaining = items.filter((item) => retries.oversized(effects, item, reply.failure));
    if (remaining.length > 1) this.#divideLost(remaining, 0, fixed);
    else this.#putBack(remaining, fixed, 0);
  }

  /** It never left: no connection, or no token. All wait as in an outage. */
  #unsent(effects: ReplyEffects<Failure>, reply: ReplyOf<Failure, 'unsent'>): void {
    const { retries, serverHealth } = this.#parts;
    const { items, sending, fixed } = effects.request;
    if (!sending.isRecalled) serverHealth.unanswered(effects.request, reply, effects.now);
    const remaining = items.filter((item) => retries.unsent(effects, item, reply.failure));
    this.#putBack(remaining, fixed, 0);
  }

  #divideLost(
    items: readonly Item[],
    notBefore: number,
    fixed: FixedBatch | undefined,
    bytes?: number | undefined,
  ): void {
    const { backlog, bisection } = this.#parts;
    for (const item of items) backlog.hold(item);
    bisection.divideLost(items, notBefore, fixed, bytes);
  }

  /** Items go back to their places in the queue; those of a fixed batch stay together. */
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
    const isAnswered = reply.kind === 'answered';
    const keys = packed?.keys ?? items.map(({ key }) => key);
    // What fails because of them is added later.
    const own = ends.length;
    events.emit('response', {
      number,
      status: reply.kind === 'unsent' ? undefined : reply.status,
      durationMs: now - leftAt,
      succeeded,
      failed: ends.length - succeeded,
      returned: items.length - ends.length,
      unasked: isAnswered ? countUnasked(reply.outputs, keys) : 0,
      cause: isAnswered ? undefined : serverHealth.describe(reply).cause,
      outcomes: () => {
        const byItem = new Map(ends.slice(0, own).map(({ item, kind }) => [item, kind]));
        const outcomes = items.map((item) => byItem.get(item) ?? 'returned');
        // A packed batch is one item here.
        return packed === undefined ? outcomes : keys.map(() => outcomes[0] ?? 'returned');
      },
    });
  }
}
