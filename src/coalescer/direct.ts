/**
 * Batches that a caller has packed: sent as they stand, outside the queue, the order and the books.
 * They take the same attempts, back-off and time limits as items do, and a flush waits for them.
 */
import type { Clock } from '../internal/clock.ts';
import { deferred } from '../internal/deferred.ts';
import { ask, attempt } from './attempt.ts';
import type { RetrySettings, Tries } from './backoff.ts';
import { backoffMs, spentLimit } from './backoff.ts';
import type { Emitter } from './events.ts';
import type { Gate } from './gate.ts';
import type { Health } from './health.ts';
import type { Answer, Batch, Last, Ping, Reason, Reply, Send, ToError } from './ports.ts';
import type { Turnstile } from './turnstile.ts';

export interface ExecuteOptions {
  /** What the request is called in events. @default 'batch' */
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DirectSettings {
  readonly retry: RetrySettings;
  readonly deliveryTimeoutMs: number;
}

interface Others<Failure> {
  readonly send: Send<Failure>;
  readonly ping: Ping | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly toError: ToError<Failure>;
  readonly events: Emitter;
  readonly health: Health;
  readonly gate: Gate;
  /** What a flush waits for. */
  readonly calls: Turnstile;
  /** The server answers: others may leave again. */
  readonly onAnswer: () => void;
}

/** A batch on its way, over all of its attempts. */
interface Journey<Failure> extends Tries {
  readonly batch: Batch;
  /** Aborted with the error to reject with. */
  readonly stop: AbortController;
  attempts: number;
  maybeApplied: boolean;
  /** A request is in flight. */
  isOut: boolean;
  answersSeen: number;
  last: Last<Failure> | undefined;
}

export class Direct<Failure> {
  readonly #settings: DirectSettings;
  readonly #others: Others<Failure>;
  readonly #underWay = new Set<Journey<Failure>>();

  constructor(settings: DirectSettings, others: Others<Failure>) {
    this.#settings = settings;
    this.#others = others;
  }

  /**
   * Sends the batch until it has a usable answer. A refusal, a spent limit and an abort reject; the
   * promise is marked as handled.
   */
  execute(batch: Batch, { type = 'batch', signal }: ExecuteOptions = {}): Promise<Answer> {
    const answer = this.#execute(batch, signal);
    answer.catch((error: unknown) => {
      if (error !== signal?.reason) {
        this.#others.events.emit('failure', { error, key: undefined, type });
        this.#others.events.deliver();
      }
    });
    return answer;
  }

  /** Gives up all that is under way. */
  closeAll(): void {
    for (const { stop, maybeApplied, isOut } of this.#underWay) {
      stop.abort(this.#error({ kind: 'closed', maybeApplied: maybeApplied || isOut }));
    }
  }

  async #execute(batch: Batch, signal: AbortSignal | undefined): Promise<Answer> {
    signal?.throwIfAborted();
    const journey: Journey<Failure> = {
      batch,
      stop: new AbortController(),
      attempts: 0,
      maybeApplied: false,
      isOut: false,
      countedAttempts: 0,
      firstCountedAt: undefined,
      answersSeen: this.#others.health.answers,
      last: undefined,
    };
    const { clock } = this.#others;
    const { stop } = journey;
    const follow = (): void => stop.abort(signal?.reason);
    const cancelDeadline = clock.after(this.#settings.deliveryTimeoutMs, () =>
      stop.abort(this.#exhausted(journey, 'deliveryTimeoutMs')),
    );
    const cohort = this.#others.calls.enter();
    signal?.addEventListener('abort', follow, { once: true });
    this.#underWay.add(journey);
    try {
      return await Promise.race([this.#repeat(journey), stopped(stop.signal)]);
    } finally {
      cancelDeadline();
      signal?.removeEventListener('abort', follow);
      this.#underWay.delete(journey);
      this.#others.calls.leave(cohort);
    }
  }

  async #repeat(journey: Journey<Failure>): Promise<Answer> {
    const { clock, events, gate, random } = this.#others;
    const { signal } = journey.stop;
    let wasDenied = false;
    for (;;) {
      await this.#untilFree(signal);
      const reply = await this.#attempt(journey);
      signal.throwIfAborted();
      switch (reply.kind) {
        case 'answered':
          return { status: reply.status, outputs: reply.outputs };
        case 'refused': {
          const { blame, failure } = reply;
          if (blame === 'access' && !wasDenied) {
            wasDenied = true;
            break;
          }
          throw this.#error({ kind: 'refused', failure, maybeApplied: journey.maybeApplied });
        }
        case 'busy': {
          journey.maybeApplied ||= reply.maybeApplied;
          // A time that is over already must not make a busy loop.
          const pauseMs = reply.afterMs || this.#backoffMs(journey);
          const ms = gate.close(pauseMs, clock.now(), random());
          events.emit('pause', { ms, status: reply.status });
          events.deliver();
          break;
        }
        case 'lost':
          journey.maybeApplied = true;
          await this.#waitForAnother(journey, reply.failure);
          break;
        default:
          reply satisfies never;
      }
    }
  }

  /**
   * Waits until no pause holds, and asks whether the server answers at all where that is in doubt: a
   * batch that makes it fall must not pass for an outage.
   */
  async #untilFree(signal: AbortSignal): Promise<void> {
    const { clock, gate, health, ping, random } = this.#others;
    for (;;) {
      // A pause may be made longer meanwhile, and another may begin during a ping.
      while (gate.isClosed(clock.now())) await this.#wait(gate.opensAt, signal);
      if (ping === undefined || !health.needsPing) return;
      const answered = await ask(ping, signal);
      signal.throwIfAborted();
      health.pinged(answered, clock.now(), random());
      if (!answered) await this.#wait(health.nextProbeAt, signal);
    }
  }

  async #attempt(journey: Journey<Failure>): Promise<Reply<Failure>> {
    const { clock, health, random, send, onAnswer } = this.#others;
    const { answers, isDown } = health;
    const { signal } = journey.stop;
    journey.attempts++;
    journey.isOut = true;
    const reply = await attempt(send, journey.batch, { signal });
    journey.isOut = false;
    if (reply.kind === 'lost') {
      if (!signal.aborted) health.lost(answers, isDown, clock.now(), random());
    } else if (reply.kind === 'busy') {
      if (!reply.maybeApplied) health.answered();
    } else if (reply.status !== undefined) {
      health.answered();
      onAnswer();
    }
    return reply;
  }

  /** Waits as long as items do, or throws where attempts or time are used up. */
  async #waitForAnother(journey: Journey<Failure>, failure: Failure): Promise<void> {
    const { clock, gate, health } = this.#others;
    const now = clock.now();
    const counts = health.answers > journey.answersSeen;
    journey.answersSeen = health.answers;
    journey.last = { kind: 'failure', failure };
    if (counts) {
      journey.countedAttempts++;
      journey.firstCountedAt ??= now - gate.pausedMs(now);
    }
    const limit = spentLimit(journey, this.#settings.retry, now - gate.pausedMs(now));
    if (limit !== undefined) throw this.#exhausted(journey, limit);
    const delayMs = counts ? this.#backoffMs(journey) : 0;
    await this.#wait(Math.max(now + delayMs, health.nextProbeAt), journey.stop.signal);
  }

  #backoffMs({ countedAttempts }: Journey<Failure>): number {
    return backoffMs(Math.max(1, countedAttempts), this.#settings.retry, this.#others.random());
  }

  /** Waits until that time; throws when the journey is stopped meanwhile. */
  async #wait(until: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#others;
    const ms = until - clock.now();
    if (ms <= 0) return;
    const waited = deferred<void>();
    const cancel = clock.after(ms, waited.resolve);
    signal.addEventListener('abort', () => waited.reject(signal.reason), { once: true });
    try {
      await waited.promise;
    } finally {
      cancel();
    }
  }

  #exhausted(
    { attempts, last, maybeApplied, isOut }: Journey<Failure>,
    limit: 'attempts' | 'giveUpAfterMs' | 'deliveryTimeoutMs',
  ): unknown {
    return this.#error({
      kind: 'exhausted',
      limit,
      attempts,
      last,
      maybeApplied: maybeApplied || isOut,
    });
  }

  #error(reason: Reason<Failure>): unknown {
    return this.#others.toError(reason, undefined);
  }
}

/** Rejects with the reason as soon as the signal fires. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
