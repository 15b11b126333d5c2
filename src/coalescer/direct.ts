/**
 * Batches that a caller has packed: sent as they stand, outside the queue, the order and the books.
 * They take the same attempts, back-off and time limits as items do, and a flush waits for them.
 */
import type { Clock } from '../internal/clock.ts';
import { deferred } from '../internal/deferred.ts';
import { attempt } from './attempt.ts';
import type { RetrySettings, Tries } from './backoff.ts';
import { backoffMs, spentLimit } from './backoff.ts';
import type { Emitter } from './events.ts';
import type { Health } from './health.ts';
import type { Answer, Batch, Last, Reason, Reply, Send, ToError } from './ports.ts';
import type { Settlement } from './settlement.ts';

export interface ExecuteOptions {
  /** What the request is called in events. @default 'batch' */
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DirectSettings {
  readonly retry: RetrySettings;
  readonly deliveryTimeoutMs: number;
}

interface Ports<Failure> {
  readonly send: Send<Failure>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly toError: ToError<Failure>;
  readonly events: Emitter;
}

/** A batch on its way, over all of its attempts. */
interface Journey<Failure> extends Tries {
  readonly batch: Batch;
  /** Aborted with the error to reject with. */
  readonly stop: AbortController;
  attempts: number;
  answersSeen: number;
  last: Last<Failure> | undefined;
}

export class Direct<Failure> {
  readonly #settings: DirectSettings;
  readonly #ports: Ports<Failure>;
  readonly #health: Health;
  readonly #settlement: Settlement<Failure>;
  readonly #underWay = new Set<Journey<Failure>>();

  constructor(
    settings: DirectSettings,
    ports: Ports<Failure>,
    health: Health,
    settlement: Settlement<Failure>,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#health = health;
    this.#settlement = settlement;
  }

  /**
   * Sends the batch until it has a usable answer. A refusal, a spent limit and an abort reject; the
   * promise is marked as handled.
   */
  execute(batch: Batch, { type = 'batch', signal }: ExecuteOptions = {}): Promise<Answer> {
    const answer = this.#execute(batch, signal);
    answer.catch((error: unknown) => {
      if (error !== signal?.reason) {
        this.#ports.events.emit('failure', { error, key: undefined, type });
        this.#ports.events.deliver();
      }
    });
    return answer;
  }

  /** Gives up all that is under way. */
  closeAll(): void {
    for (const { stop, attempts } of this.#underWay) {
      stop.abort(this.#error({ kind: 'closed', maybeApplied: attempts > 0 }));
    }
  }

  async #execute(batch: Batch, signal: AbortSignal | undefined): Promise<Answer> {
    signal?.throwIfAborted();
    const journey: Journey<Failure> = {
      batch,
      stop: new AbortController(),
      attempts: 0,
      countedAttempts: 0,
      firstCountedAt: undefined,
      answersSeen: this.#health.answers,
      last: undefined,
    };
    const { clock } = this.#ports;
    const { stop } = journey;
    const follow = (): void => stop.abort(signal?.reason);
    const cancelDeadline = clock.after(this.#settings.deliveryTimeoutMs, () =>
      stop.abort(this.#exhausted(journey, 'deliveryTimeoutMs')),
    );
    const cohort = this.#settlement.calls.enter();
    signal?.addEventListener('abort', follow, { once: true });
    this.#underWay.add(journey);
    try {
      return await Promise.race([this.#repeat(journey), stopped(stop.signal)]);
    } finally {
      cancelDeadline();
      signal?.removeEventListener('abort', follow);
      this.#underWay.delete(journey);
      this.#settlement.calls.leave(cohort);
    }
  }

  async #repeat(journey: Journey<Failure>): Promise<Answer> {
    const { retry } = this.#settings;
    const { signal } = journey.stop;
    for (;;) {
      const reply = await this.#attempt(journey);
      signal.throwIfAborted();
      if (reply.kind === 'answered') return { status: reply.status, outputs: reply.outputs };
      const { failure } = reply;
      if (reply.kind === 'refused') {
        const maybeApplied = reply.maybeApplied || journey.attempts > 1;
        throw this.#error({ kind: 'refused', failure, maybeApplied });
      }
      const now = this.#ports.clock.now();
      const { answers } = this.#health;
      const counts = answers > journey.answersSeen;
      journey.answersSeen = answers;
      journey.last = { kind: 'failure', failure };
      if (counts) {
        journey.countedAttempts++;
        journey.firstCountedAt ??= now;
      }
      const limit = spentLimit(journey, retry, now);
      if (limit !== undefined) throw this.#exhausted(journey, limit);
      const chance = this.#ports.random();
      const delayMs = counts ? backoffMs(journey.countedAttempts, retry, chance) : 0;
      await this.#wait(Math.max(now + delayMs, this.#health.nextProbeAt), signal);
      signal.throwIfAborted();
    }
  }

  async #attempt(journey: Journey<Failure>): Promise<Reply<Failure>> {
    const { answers, isDown } = this.#health;
    const { signal } = journey.stop;
    journey.attempts++;
    const reply = await attempt(this.#ports.send, journey.batch, { signal });
    const isAnswer = reply.kind === 'answered' || (reply.kind === 'refused' && !reply.maybeApplied);
    if (isAnswer) this.#health.answered();
    else if (reply.kind === 'lost' && !signal.aborted) {
      this.#health.lost(answers, isDown, this.#ports.clock.now(), this.#ports.random());
    }
    return reply;
  }

  #wait(until: number, signal: AbortSignal): Promise<void> {
    const waited = deferred<void>();
    const { clock } = this.#ports;
    const cancel = clock.after(Math.max(0, until - clock.now()), waited.resolve);
    const stop = (): void => {
      cancel();
      waited.resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    return waited.promise.finally(() => signal.removeEventListener('abort', stop));
  }

  #exhausted(
    { attempts, last }: Journey<Failure>,
    limit: 'attempts' | 'giveUpAfterMs' | 'deliveryTimeoutMs',
  ): unknown {
    return this.#error({ kind: 'exhausted', limit, attempts, last, maybeApplied: attempts > 0 });
  }

  #error(reason: Reason<Failure>): unknown {
    return this.#ports.toError(reason, undefined);
  }
}

/** Rejects with the reason as soon as the signal fires. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
