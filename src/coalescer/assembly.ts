/** Joins the parts of the engine. What any of them does stands in its own file; what happens when, in cycle.ts. */

import { AbortSignals } from '../lib/abort-signals.ts';
import type { Clock } from '../lib/clock.ts';
import { inLaterTurn, systemClock } from '../lib/clock.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import { Callers } from './calls/callers.ts';
import { Cancellation } from './calls/cancellation.ts';
import { endOfRun, Intake } from './calls/intake.ts';
import { PendingKeys } from './calls/pending-keys.ts';
import { bareReason } from './calls/reason-record.ts';
import { toRejectedError, unfailing } from './calls/rejected-error.ts';
import { ResourceHistory } from './calls/resource-history.ts';
import { ResultDelivery } from './calls/result-delivery.ts';
import { Settlement } from './calls/settlement.ts';
import type { PendingCall } from './items/item.ts';
import { Loop } from './loop.ts';
import type { Emitter } from './ports/events.ts';
import { silent } from './ports/events.ts';
import type { ToError, ToRecord } from './ports/reason.ts';
import type { Schedule } from './ports/schedule.ts';
import type { Ping, Send, Trouble } from './ports/sender.ts';
import type { Name } from './ports/submission.ts';
import type { Read } from './ports/verdict.ts';
import { Backlog } from './queue/backlog.ts';
import type { QueueBounds } from './queue/bounds.ts';
import { Bounds } from './queue/bounds.ts';
import type { BatchLimits } from './queue/packer.ts';
import { Bisection } from './requests/bisection.ts';
import type { DispatchSettings } from './requests/dispatcher.ts';
import { Dispatcher } from './requests/dispatcher.ts';
import { InFlightRequests } from './requests/in-flight.ts';
import { Replies } from './requests/replies.ts';
import type { RetryLimits } from './requests/retries.ts';
import { Retries } from './requests/retries.ts';
import { AdaptiveLimits } from './server/adaptive-limits.ts';
import { chanceFrom } from './server/backoff.ts';
import { CircuitBreaker } from './server/circuit-breaker.ts';
import { ServerHealth } from './server/server-health.ts';
import { Alarm } from './steps/alarm.ts';
import { Steps } from './steps/steps.ts';

export interface CoalescerSettings extends DispatchSettings, RetryLimits, BatchLimits {
  /** Requests in flight, at most. */
  readonly concurrency: number;
  readonly queue: QueueBounds;
  /** The longest from a call to its settlement, in milliseconds. */
  readonly deliveryTimeoutMs: number;
}

export interface CoalescerPorts<Failure> {
  readonly send: Send<Failure>;
  /** Judges outputs. @default each is a success, and its item's value */
  readonly read?: Read | undefined;
  /** Without it, an item that makes the server fall cannot be told from an outage. */
  readonly ping?: Ping<Failure> | undefined;
  /** Puts a failure in words. Without it, no more than a status is told. */
  readonly describe?: ((failure: Failure) => Trouble) | undefined;
  readonly toError?: ToError<Failure> | undefined;
  /** Without it, nothing is kept of an answer, and none of the reason of an abort. */
  readonly toRecord?: ToRecord<Failure> | undefined;
  /** What a sender should have said of an attempt of which nothing was heard in so many ms. @default an Error */
  readonly overdue?: ((ms: number) => Failure) | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
  /** Says when a window ends, and nothing else. @default at the end of the synchronous run of code */
  readonly schedule?: Schedule | undefined;
  readonly events?: Emitter | undefined;
  /**
   * Told of each id that only an answer made known: of what goes by a number, or instead of the id sent. And,
   * without an id, of a number whose item has failed: it will never have one.
   */
  readonly onNamed?: ((name: Name, id: string | undefined) => void) | undefined;
}

/** An engine's ports and settings. */
export interface EngineOptions<Failure> extends CoalescerPorts<Failure> {
  readonly settings: CoalescerSettings;
}

/** With a default for each port that may be left out. */
type Basics<Failure> = ReturnType<typeof basicsOf<Failure>>;

function basicsOf<Failure>(options: EngineOptions<Failure>) {
  const clock = options.clock ?? systemClock();
  return {
    ...options,
    clock,
    timeouts: new FairTimeouts(clock),
    random: chanceFrom(options.random ?? Math.random),
    events: options.events ?? silent,
    toError: unfailing(options.toError ?? toRejectedError),
    read: options.read ?? readAll,
    schedule: options.schedule ?? endOfRun,
  };
}

const readAll: Read = (output) => ({ kind: 'success', value: output });

/** What is pending, who waits for it, and how it ends. */
interface Queue<Failure> {
  readonly history: ResourceHistory<Failure>;
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly keys: PendingKeys;
  readonly callers: Callers<Failure>;
  readonly delivery: ResultDelivery<Failure>;
  readonly settlement: Settlement<Failure>;
}

/** What is known of the server, and what it bears. */
interface Server<Failure> {
  readonly breaker: CircuitBreaker;
  readonly adaptive: AdaptiveLimits;
  readonly bisection: Bisection;
  readonly serverHealth: ServerHealth<Failure>;
}

/** All that an engine is asked for from outside. */
export interface Assembly<Failure> extends Queue<Failure>, Server<Failure> {
  readonly clock: Clock;
  readonly toError: ToError<Failure>;
  readonly timeouts: FairTimeouts;
  readonly steps: Steps;
  readonly loop: Loop<Failure>;
  readonly intake: Intake<Failure>;
  readonly retries: Retries<Failure>;
  readonly dispatcher: Dispatcher<Failure>;
  readonly inFlight: InFlightRequests<Failure>;
}

function queueOf<Failure>(
  basics: Basics<Failure>,
  signals: AbortSignals<PendingCall>,
): Queue<Failure> {
  const { clock, events, onNamed = () => {}, settings, toError, toRecord = bareReason } = basics;
  const history = new ResourceHistory<Failure>({
    toRecord,
    onNamed,
    isInLine: (name) => backlog.isInLine(name),
    isBeingMade: (name) => backlog.isBeingMade(name),
  });
  const backlog = new Backlog({
    envelope: settings,
    now: () => clock.now(),
    idOf: (name) => history.idOf(name),
  });
  const bounds = new Bounds({ max: settings.queue, fill: backlog, afterTurn: inLaterTurn });
  const keys = new PendingKeys(() => backlog.all());
  const callers = new Callers<Failure>(signals);
  const delivery = new ResultDelivery<Failure>({
    callers,
    events,
    toError,
    isIdle: () => backlog.isEmpty,
  });
  const queue = { history, backlog, bounds, keys, callers, delivery };
  return { ...queue, settlement: new Settlement<Failure>({ ...queue, events }) };
}

function serverOf<Failure>(basics: Basics<Failure>, { callers }: Queue<Failure>): Server<Failure> {
  const { describe, events, random, settings } = basics;
  const breaker = new CircuitBreaker(settings.retry);
  const adaptive = new AdaptiveLimits(settings);
  const bisection = new Bisection({
    minDelayMs: settings.retry.minDelayMs,
    onTooMany: (items) => adaptive.items.refused(items),
    onTooLarge: (bytes) => adaptive.bytes.refused(bytes),
  });
  const waiting = (): number => callers.ledger.pending;
  const serverHealth = new ServerHealth<Failure>({
    breaker,
    adaptive,
    random,
    events,
    describe,
    waiting,
  });
  return { breaker, adaptive, bisection, serverHealth };
}

export function assemble<Failure>(options: EngineOptions<Failure>): Assembly<Failure> {
  const basics = basicsOf(options);
  const { clock, timeouts, settings } = basics;
  const steps = new Steps(() => loop.tell());
  const signals = new AbortSignals<PendingCall>((waiting, reason) =>
    steps.runSoon(() => {
      cancellation.abort(waiting, reason);
      loop.pump();
    }),
  );
  const queue = queueOf(basics, signals);
  const server = serverOf(basics, queue);
  const shared = { ...basics, ...queue, ...server, steps, signals };
  const inFlight = new InFlightRequests<Failure>({
    ...shared,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    onReply: (...reply) => loop.apply(...reply),
    onPing: (...ping) => loop.pinged(...ping),
  });
  const retries = new Retries<Failure>(shared);
  const replies = new Replies<Failure>({ ...shared, retries, retry: settings.retry });
  const dispatcher = new Dispatcher<Failure>({ ...shared, inFlight });
  const cancellation = new Cancellation<Failure>(shared);
  const intake = new Intake<Failure>({
    ...shared,
    limits: settings,
    cancellation,
    onAdmitted: (now) => loop.pump(now),
    onPacked: (batch) => server.bisection.add(batch),
  });
  const alarm = new Alarm({ clock, timeouts, wake: (isLate) => loop.wake(isLate) });
  const moving = { retries, replies, dispatcher, cancellation, intake, alarm, inFlight };
  const loop = new Loop<Failure>({ ...shared, ...moving, now: () => clock.now() });
  return { ...shared, ...moving, loop };
}
