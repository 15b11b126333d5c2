/** Joins the parts of the engine. What any of them does stands in its own file; what happens when, in cycle.ts. */

import { AbortSignals } from '../lib/abort-signals.ts';
import type { Clock } from '../lib/clock.ts';
import { inLaterTurn, systemClock } from '../lib/clock.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import { Calls } from './calls/callers.ts';
import { Withdrawals } from './calls/cancellation.ts';
import { endOfRun, Intake } from './calls/intake.ts';
import { KeyIndex } from './calls/pending-keys.ts';
import { bareReason } from './calls/reason-record.ts';
import { toRejectedError, unfailing } from './calls/rejected-error.ts';
import { Fates } from './calls/resource-history.ts';
import { Telling } from './calls/result-delivery.ts';
import { Settlement } from './calls/settlement.ts';
import { Alarm, Cycle, Steps } from './cycle.ts';
import type { Waiting } from './items/item.ts';
import type { Emitter } from './ports/events.ts';
import { silent } from './ports/events.ts';
import type {
  Name,
  Ping,
  Read,
  Schedule,
  Send,
  ToError,
  ToRecord,
  Trouble,
} from './ports/ports.ts';
import { Backlog } from './queue/backlog.ts';
import type { QueueBounds } from './queue/bounds.ts';
import { Bounds } from './queue/bounds.ts';
import type { BatchLimits } from './queue/packer.ts';
import { Parts } from './requests/bisection.ts';
import type { DispatchSettings } from './requests/dispatcher.ts';
import { Dispatcher } from './requests/dispatcher.ts';
import { UnderWay } from './requests/in-flight.ts';
import { Replies } from './requests/replies.ts';
import type { AttemptSettings } from './requests/retries.ts';
import { Attempts } from './requests/retries.ts';
import { Capacity } from './server/adaptive-limits.ts';
import { chanceFrom } from './server/backoff.ts';
import { Health, ServerWatch } from './server/health.ts';

export interface CoalescerSettings extends DispatchSettings, AttemptSettings, BatchLimits {
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
  readonly fates: Fates<Failure>;
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly keys: KeyIndex;
  readonly calls: Calls<Failure>;
  readonly telling: Telling<Failure>;
  readonly settlement: Settlement<Failure>;
}

/** What is known of the server, and what it bears. */
interface Server<Failure> {
  readonly health: Health;
  readonly capacity: Capacity;
  readonly parts: Parts;
  readonly watch: ServerWatch<Failure>;
}

/** All that an engine is asked for from outside. */
export interface Assembly<Failure> extends Queue<Failure>, Server<Failure> {
  readonly clock: Clock;
  readonly toError: ToError<Failure>;
  readonly timeouts: FairTimeouts;
  readonly steps: Steps;
  readonly cycle: Cycle<Failure>;
  readonly intake: Intake<Failure>;
  readonly attempts: Attempts<Failure>;
  readonly dispatcher: Dispatcher<Failure>;
  readonly underWay: UnderWay<Failure>;
}

function queueOf<Failure>(basics: Basics<Failure>, signals: AbortSignals<Waiting>): Queue<Failure> {
  const { clock, events, onNamed = () => {}, settings, toError, toRecord = bareReason } = basics;
  const fates = new Fates<Failure>({
    toRecord,
    onNamed,
    isInLine: (name) => backlog.isInLine(name),
    isBeingMade: (name) => backlog.isBeingMade(name),
  });
  const backlog = new Backlog({
    envelope: settings,
    now: () => clock.now(),
    idOf: (name) => fates.idOf(name),
  });
  const bounds = new Bounds({ max: settings.queue, fill: backlog, afterTurn: inLaterTurn });
  const keys = new KeyIndex(() => backlog.all());
  const calls = new Calls<Failure>(signals);
  const telling = new Telling<Failure>({
    calls,
    events,
    toError,
    isIdle: () => backlog.isEmpty,
  });
  const queue = { fates, backlog, bounds, keys, calls, telling };
  return { ...queue, settlement: new Settlement<Failure>({ ...queue, events }) };
}

function serverOf<Failure>(basics: Basics<Failure>, { calls }: Queue<Failure>): Server<Failure> {
  const { describe, events, random, settings } = basics;
  const health = new Health(settings.retry);
  const capacity = new Capacity(settings);
  const parts = new Parts({
    minDelayMs: settings.retry.minDelayMs,
    onTooMany: (items) => capacity.items.refused(items),
    onTooLarge: (bytes) => capacity.bytes.refused(bytes),
  });
  const waiting = (): number => calls.ledger.pending;
  const watch = new ServerWatch<Failure>({ health, capacity, random, events, describe, waiting });
  return { health, capacity, parts, watch };
}

export function assemble<Failure>(options: EngineOptions<Failure>): Assembly<Failure> {
  const basics = basicsOf(options);
  const { clock, timeouts, settings } = basics;
  const steps = new Steps(() => cycle.tell());
  const signals = new AbortSignals<Waiting>((waiting, reason) =>
    steps.runSoon(() => {
      withdrawals.abort(waiting, reason);
      cycle.pump();
    }),
  );
  const queue = queueOf(basics, signals);
  const server = serverOf(basics, queue);
  const shared = { ...basics, ...queue, ...server, steps, signals };
  const underWay = new UnderWay<Failure>({
    ...shared,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    onReply: (...reply) => cycle.apply(...reply),
    onPing: (...ping) => cycle.pinged(...ping),
  });
  const attempts = new Attempts<Failure>(shared);
  const replies = new Replies<Failure>({ ...shared, attempts, retry: settings.retry });
  const dispatcher = new Dispatcher<Failure>({ ...shared, underWay });
  const withdrawals = new Withdrawals<Failure>(shared);
  const intake = new Intake<Failure>({
    ...shared,
    limits: settings,
    withdrawals,
    onAdmitted: (now) => cycle.pump(now),
  });
  const alarm = new Alarm({ clock, timeouts, wake: (isLate) => cycle.wake(isLate) });
  const moving = { attempts, replies, dispatcher, withdrawals, intake, alarm, underWay };
  const cycle = new Cycle<Failure>({ ...shared, ...moving, now: () => clock.now() });
  return { ...shared, ...moving, cycle };
}
