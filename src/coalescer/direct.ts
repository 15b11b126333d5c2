/**
 * Batches that a caller has packed: sent as they stand, outside the queue, the order and the books.
 * They take the same attempts, back-off and time limits as items do, and a flush waits for them.
 */
import type { Clock } from '../internal/clock.ts';
import { deferred } from '../internal/deferred.ts';
import { attempt } from './attempt.ts';
import type { RetrySettings, Tries } from './backoff.ts';
import { backoffMs, spentLimit } from './backoff.ts';
import type { Health } from './health.ts';
import type { Answer, Batch, Reason, Reply, Send, ToError } from './ports.ts';
import type { Settlement } from './settlement.ts';

export interface DirectSettings {
  readonly retry: RetrySettings;
  readonly deliveryTimeoutMs: number;
}

interface Ports<Failure> {
  readonly send: Send<Failure>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly toError: ToError<Failure>;
}

export class Direct<Failure> {
  readonly #settings: DirectSettings;
  readonly #ports: Ports<Failure>;
  readonly #health: Health;
  readonly #settlement: Settlement<Failure>;
  readonly #underWay = new Set<AbortController>();

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

  /** Sends the batch until it has a usable answer. A refusal, or a spent limit, rejects. */
  execute(batch: Batch): Promise<Answer> {
    const answer = this.#execute(batch);
    answer.catch(() => {});
    return answer;
  }

  abortAll(): void {
    for (const abort of this.#underWay) abort.abort();
  }

  async #execute(batch: Batch): Promise<Answer> {
    const abort = new AbortController();
    const cohort = this.#settlement.calls.enter();
    this.#underWay.add(abort);
    try {
      return await this.#repeat(batch, abort.signal);
    } finally {
      this.#underWay.delete(abort);
      this.#settlement.calls.leave(cohort);
    }
  }

  async #repeat(batch: Batch, signal: AbortSignal): Promise<Answer> {
    const { clock, random } = this.#ports;
    const giveUpAt = clock.now() + this.#settings.deliveryTimeoutMs;
    const tries: Tries = { countedAttempts: 0, firstCountedAt: undefined };
    let answersSeen = this.#health.answers;
    for (let attempts = 1; ; attempts++) {
      const reply = await this.#attempt(batch, signal);
      if (signal.aborted) throw this.#error({ kind: 'closed', maybeApplied: true });
      if (reply.kind === 'answered') return { status: reply.status, outputs: reply.outputs };
      const { failure } = reply;
      if (reply.kind === 'refused') {
        const maybeApplied = reply.maybeApplied || attempts > 1;
        throw this.#error({ kind: 'refused', failure, maybeApplied });
      }
      const now = clock.now();
      const counts = this.#health.answers > answersSeen;
      answersSeen = this.#health.answers;
      if (counts) {
        tries.countedAttempts++;
        tries.firstCountedAt ??= now;
      }
      const limit =
        now >= giveUpAt ? 'deliveryTimeoutMs' : spentLimit(tries, this.#settings.retry, now);
      if (limit !== undefined) {
        const last = { kind: 'failure', failure } as const;
        throw this.#error({ kind: 'exhausted', limit, attempts, last, maybeApplied: true });
      }
      const delayMs = counts ? backoffMs(tries.countedAttempts, this.#settings.retry, random()) : 0;
      await this.#wait(
        Math.min(giveUpAt, Math.max(now + delayMs, this.#health.nextProbeAt)),
        signal,
      );
    }
  }

  async #attempt(batch: Batch, signal: AbortSignal): Promise<Reply<Failure>> {
    const { answers, isDown } = this.#health;
    const reply = await attempt(this.#ports.send, batch, { signal });
    if (reply.kind !== 'lost') this.#health.answered();
    else this.#health.lost(answers, isDown, this.#ports.clock.now(), this.#ports.random());
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

  #error(reason: Reason<Failure>): unknown {
    return this.#ports.toError(reason, undefined);
  }
}
