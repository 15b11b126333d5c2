import { systemClock } from '../lib/clock.ts';
import { endOfRun } from './calls/intake.ts';
import { toRejectedError, unfailing } from './calls/rejected-error.ts';
import { silent } from './ports/events.ts';
import type { CompleteOptions, EngineOptions } from './ports/options.ts';
import type { Read } from './ports/verdict.ts';
import { chanceFrom } from './server/backoff.ts';

/** The options, with a default for each that was left out. */
export function complete<Failure>(options: EngineOptions<Failure>): CompleteOptions<Failure> {
  const { deliveryTimeoutMs = 300_000, queue = {}, retry = {} } = options;
  const { minDelayMs = Math.min(250, retry.maxDelayMs ?? 250) } = retry;
  return {
    send: options.send,
    read: options.read ?? readAll,
    maxItems: options.maxItems ?? 100,
    maxBytes: options.maxBytes ?? 1_000_000,
    envelopeBytes: options.envelopeBytes ?? 2,
    separatorBytes: options.separatorBytes ?? 1,
    maxAnswerBytes: options.maxAnswerBytes ?? Number.POSITIVE_INFINITY,
    concurrency: options.concurrency ?? 16,
    maxWaitMs: options.maxWaitMs ?? 20,
    onSkipped: options.onSkipped ?? 'requeue',
    queue: { maxItems: queue.maxItems ?? 100_000, maxBytes: queue.maxBytes ?? 64_000_000 },
    retry: {
      limit: retry.limit ?? 10,
      minDelayMs,
      maxDelayMs: retry.maxDelayMs ?? Math.max(30_000, minDelayMs),
      maxPauseMs: retry.maxPauseMs ?? Math.min(60_000, deliveryTimeoutMs / 5),
      itemCodes: retry.itemCodes ?? [],
    },
    deliveryTimeoutMs,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
    ping: options.ping,
    describe: options.describe,
    toError: unfailing(options.toError ?? toRejectedError),
    toRecord: options.toRecord ?? {},
    overdue: unfailing(options.overdue ?? unheard<Failure>),
    onNamed: options.onNamed ?? ignore,
    schedule: options.schedule ?? endOfRun,
    clock: options.clock ?? systemClock(),
    random: chanceFrom(options.random ?? Math.random),
    events: options.events ?? silent,
  };
}

const readAll: Read = (output) => ({ kind: 'success', value: output });

function ignore(): void {}

function unheard<Failure>(ms: number): Failure {
  return new Error(`Nothing was heard of an attempt within ${ms} ms.`) as Failure;
}
