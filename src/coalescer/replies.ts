/**
 * What a reply means for the items of its batch: who is settled, who goes back to his place, and
 * until when. The one retry loop of the package is here.
 */
import type { Backlog } from './backlog.ts';
import type { RetrySettings } from './backoff.ts';
import { backoffMs, spentLimit } from './backoff.ts';
import type { Emitter, EngineEvents } from './events.ts';
import type { Health } from './health.ts';
import type { Item } from './item.ts';
import { ghostReason } from './item.ts';
import { outcomesOf } from './outcome.ts';
import type { Blame, Last, Reason, Reply } from './ports.ts';
import type { End, Settlement } from './settlement.ts';

/** How often in a row the server must give an item the same passing error for it to be final. */
const SAME_ERROR_TIMES = 3;
/** And how long after the first time, in milliseconds. */
const SAME_ERROR_AFTER_MS = 5_000;

/** A request under way. */
export interface Flight {
  readonly items: readonly Item[];
  readonly leftAt: number;
  /** Usable answers that the engine had seen when it left. */
  readonly answersBefore: number;
  readonly isProbe: boolean;
}

export interface ReplySettings {
  readonly onSkipped: 'requeue' | 'reject';
  readonly retry: RetrySettings;
}

/** One reply while it is applied. */
interface Step<Failure> {
  readonly now: number;
  /** From 0 up to 1: the same for all items of the batch, so that they come back together. */
  readonly chance: number;
  readonly ends: End<Failure>[];
}

export class Replies<Failure> {
  /** Items that went back since the server had not reached them. */
  requeued = 0;
  /** Items that went back for another attempt. */
  retried = 0;
  readonly #settings: ReplySettings;
  readonly #backlog: Backlog;
  readonly #settlement: Settlement<Failure>;
  readonly #health: Health;
  readonly #events: Emitter;
  readonly #random: () => number;

  constructor(
    settings: ReplySettings,
    backlog: Backlog,
    settlement: Settlement<Failure>,
    health: Health,
    events: Emitter,
    random: () => number,
  ) {
    this.#settings = settings;
    this.#backlog = backlog;
    this.#settlement = settlement;
    this.#health = health;
    this.#events = events;
    this.#random = random;
  }

  /** Applies a reply: every item of the batch is settled or back at its place afterwards. */
  apply(flight: Flight, reply: Reply<Failure>, now: number): void {
    const step: Step<Failure> = { now, chance: this.#random(), ends: [] };
    switch (reply.kind) {
      case 'answered':
        this.#health.answered();
        this.#answered(step, flight, reply.outputs);
        break;
      case 'refused':
        if (!reply.maybeApplied) this.#health.answered();
        for (const item of flight.items) {
          const maybeApplied = reply.maybeApplied || item.maybeApplied;
          fail(step, item, { kind: 'refused', failure: reply.failure, maybeApplied });
        }
        break;
      case 'lost':
        this.#health.lost(flight.answersBefore, flight.isProbe, now, this.#random());
        for (const item of flight.items) this.#lost(step, item, reply.failure);
        break;
      default:
        reply satisfies never;
    }
    this.#tell(flight, reply, step);
    this.#settlement.settle(step.ends);
  }

  #answered(
    step: Step<Failure>,
    { items }: Flight,
    outputs: Readonly<Record<string, unknown>>,
  ): void {
    for (const [index, outcome] of outcomesOf(items, outputs).entries()) {
      const item = items[index] as Item;
      item.answersSeen = this.#health.answers;
      if (outcome.kind === 'skipped') {
        this.#skipped(step, item, outcome.because);
        continue;
      }
      if (outcome.kind === 'missing') {
        this.#missing(step, item);
        continue;
      }
      const { output, verdict } = outcome;
      switch (verdict.kind) {
        case 'success':
          step.ends.push({
            kind: 'succeeded',
            item,
            output,
            value: verdict.value,
            id: verdict.id,
          });
          break;
        case 'error':
          if (this.#settings.retry.itemCodes.includes(verdict.code)) {
            this.#transient(step, item, verdict.code, output);
          } else {
            fail(step, item, errorReason(item, output, verdict.conflict), verdict.conflict);
          }
          break;
        case 'malformed':
          fail(step, item, brokenContract('malformed output', output));
          break;
        default:
          verdict satisfies never;
      }
    }
  }

  /** The server never ran it: no attempt is charged, and there is nothing to wait for. */
  #skipped(step: Step<Failure>, item: Item, because: Blame<Failure>): void {
    const { maybeApplied } = item;
    if (this.#isDone(item)) {
      drop(step, item);
    } else if (this.#settings.onSkipped === 'reject' && !item.isGhost) {
      fail(step, item, { kind: 'skipped', because, maybeApplied });
    } else {
      this.requeued++;
      const { key, type } = item;
      this.#events.emit('requeue', { key, type, becauseOf: because.key });
      this.#backlog.putBack(item, 0);
    }
  }

  /** Absence alone is no verdict: with no error before it, the answer breaks the contract. */
  #missing(step: Step<Failure>, item: Item): void {
    item.maybeApplied = true;
    if (this.#isDone(item)) {
      drop(step, item);
      return;
    }
    charge(item, step.now);
    if (spentLimit(item, this.#settings.retry, step.now) === undefined) {
      this.#again(step, item, 'missing');
    } else {
      fail(step, item, brokenContract('missing output', undefined));
    }
  }

  /** An error that may pass: the item goes back, and last in its next batch. */
  #transient(step: Step<Failure>, item: Item, code: string, output: unknown): void {
    const { now } = step;
    if (item.isGhost) {
      drop(step, item);
      return;
    }
    charge(item, now);
    const before = item.transient?.code === code ? item.transient : undefined;
    const { since, times } = before ?? { since: now, times: 0 };
    item.transient = { code, since, times: times + 1 };
    item.last = { kind: 'output', output };
    if (times + 1 >= SAME_ERROR_TIMES && now - since >= SAME_ERROR_AFTER_MS) {
      // The server seems to have stored this answer under the key: it will not change any more.
      fail(step, item, errorReason(item, output));
    } else if (!this.#isSpent(step, item)) {
      this.#again(step, item, 'transient');
    }
  }

  /** No usable answer: the server may have done it. Charged only if it answered others since. */
  #lost(step: Step<Failure>, item: Item, failure: Failure): void {
    const { answers } = this.#health;
    const counts = answers > item.answersSeen;
    item.maybeApplied = true;
    item.answersSeen = answers;
    item.last = { kind: 'failure', failure };
    if (this.#isDone(item)) {
      drop(step, item);
      return;
    }
    if (counts) charge(item, step.now);
    if (counts && this.#isSpent(step, item)) return;
    this.#again(step, item, 'lost', counts);
  }

  /** A ghost is sent again only if it may have been done, and makes what others wait for. */
  #isDone(item: Item): boolean {
    return item.isGhost && !(item.maybeApplied && this.#backlog.isAwaited(item));
  }

  /** Fails the item if its attempts or its time are used up. */
  #isSpent(step: Step<Failure>, item: Item): boolean {
    const limit = spentLimit(item, this.#settings.retry, step.now);
    if (limit === undefined) return false;
    const { attempts, maybeApplied } = item;
    const last = item.last as Last<Failure> | undefined;
    fail(step, item, { kind: 'exhausted', limit, attempts, last, maybeApplied });
    return true;
  }

  /** Puts an item back; one whose attempt does not count waits with all others for the server. */
  #again(
    { now, chance }: Step<Failure>,
    item: Item,
    reason: EngineEvents['retry']['reason'],
    counts = true,
  ): void {
    const { key, type, attempts, countedAttempts } = item;
    const delayMs = counts ? backoffMs(countedAttempts, this.#settings.retry, chance) : 0;
    this.retried++;
    this.#events.emit('retry', { key, type, attempts, delayMs, reason });
    this.#backlog.putBack(item, counts ? now + delayMs : 0);
  }

  #tell({ items, leftAt }: Flight, reply: Reply<Failure>, { now, ends }: Step<Failure>): void {
    if (!this.#events.has('response')) return;
    const outputs = reply.kind === 'answered' ? reply.outputs : {};
    const asked = items.filter(({ key }) => Object.hasOwn(outputs, key)).length;
    const succeeded = ends.filter(({ kind }) => kind === 'succeeded').length;
    this.#events.emit('response', {
      status: reply.status,
      durationMs: now - leftAt,
      succeeded,
      failed: ends.length - succeeded,
      returned: items.length - ends.length,
      unasked: Object.keys(outputs).length - asked,
    });
  }
}

function fail<Failure>(
  step: Step<Failure>,
  item: Item,
  reason: Reason<Failure>,
  conflict?: 'exists' | 'state',
): void {
  step.ends.push({ kind: 'failed', item, reason, exists: conflict === 'exists' });
}

/** Ends an item that nobody waits for; for those who need what it makes, it has failed. */
function drop<Failure>(step: Step<Failure>, item: Item): void {
  fail(step, item, ghostReason(item));
}

function charge(item: Item, now: number): void {
  item.countedAttempts++;
  item.firstCountedAt ??= now;
}

/** After an attempt without answer, a conflict is most likely with our own success. */
function errorReason(item: Item, output: unknown, conflict?: 'exists' | 'state'): Reason<never> {
  return { kind: 'error', output, maybeApplied: item.maybeApplied && conflict !== undefined };
}

function brokenContract(
  problem: 'missing output' | 'malformed output',
  output: unknown,
): Reason<never> {
  return { kind: 'contract', problem, output, maybeApplied: true };
}
