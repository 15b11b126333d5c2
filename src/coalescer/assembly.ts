/** Joins the parts of the engine. What happens when: engine-loop.ts. */
import { AbortSignals } from '../lib/abort-signals.ts';
import { inLaterTurn } from '../lib/event-loop.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import { CallerNotifier } from './calls/caller-notifier.ts';
import { Callers } from './calls/callers.ts';
import { Cancellation } from './calls/cancellation.ts';
import { Intake } from './calls/intake.ts';
import { PendingKeys } from './calls/pending-keys.ts';
import { ResourceHistory } from './calls/resource-history.ts';
import { Settlement } from './calls/settlement.ts';
import { Alarm, Loop, Steps } from './engine-loop.ts';
import type { ItemAndCaller } from './items/item.ts';
import type { CompleteOptions, EngineOptions } from './ports/options.ts';
import { complete } from './ports/options.ts';
import { Backlog } from './queue/backlog.ts';
import { Bounds } from './queue/queue-bounds.ts';
import { Bisection } from './requests/bisection.ts';
import { Dispatcher } from './requests/dispatcher.ts';
import { InFlightRequests } from './requests/in-flight.ts';
import { Replies } from './requests/replies.ts';
import { Retries } from './requests/retries.ts';
import { AdaptiveLimits } from './server/adaptive-limits.ts';
import { CircuitBreaker, ServerHealth } from './server/server-health.ts';

/** What the engine's methods use. */
export interface Assembly<Failure> extends CompleteOptions<Failure> {
  readonly history: ResourceHistory<Failure>;
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly keys: PendingKeys;
  readonly callers: Callers;
  readonly settlement: Settlement<Failure>;
  readonly adaptive: AdaptiveLimits;
  readonly bisection: Bisection;
  readonly serverHealth: ServerHealth<Failure>;
  readonly timeouts: FairTimeouts;
  readonly steps: Steps;
  readonly loop: Loop<Failure>;
  readonly intake: Intake<Failure>;
  readonly retries: Retries<Failure>;
  readonly dispatcher: Dispatcher<Failure>;
  readonly inFlight: InFlightRequests<Failure>;
}

/** The pending items, their callers, and how they end. */
function queueOf<Failure>(options: CompleteOptions<Failure>, signals: AbortSignals<ItemAndCaller>) {
  const { clock, events, onNamed, toError, toRecord } = options;
  const history = new ResourceHistory<Failure>({
    toRecord,
    onNamed,
    isInLine: (name) => backlog.order.isInLine(name),
    isBeingMade: (name) => backlog.order.isBeingMade(name),
  });
  const backlog = new Backlog({
    envelope: options,
    now: () => clock.now(),
    idOf: (name) => history.idOf(name),
  });
  const bounds = new Bounds({ max: options.queue, fill: backlog, afterTurn: inLaterTurn });
  const keys = new PendingKeys(() => backlog.all());
  const callers = new Callers(signals);
  const notifier = new CallerNotifier<Failure>({
    callers,
    events,
    toError,
    isIdle: () => backlog.isEmpty,
  });
  const queue = { history, backlog, bounds, keys, callers, notifier };
  return { ...queue, settlement: new Settlement<Failure>({ ...queue, events }) };
}

/** What is known of the server and its limits. */
function serverOf<Failure>(options: CompleteOptions<Failure>, callers: Callers) {
  const { retry } = options;
  const breaker = new CircuitBreaker(retry);
  const adaptive = new AdaptiveLimits(options);
  const bisection = new Bisection({
    minDelayMs: retry.minDelayMs,
    onTooMany: (items) => adaptive.items.refused(items),
    onTooLarge: (bytes) => adaptive.bytes.refused(bytes),
  });
  const waiting = (): number => callers.ledger.pending;
  const serverHealth = new ServerHealth<Failure>({ ...options, breaker, adaptive, waiting });
  return { breaker, adaptive, bisection, serverHealth };
}

export function assemble<Failure>(given: EngineOptions<Failure>): Assembly<Failure> {
  const options = complete(given);
  const { clock } = options;
  const timeouts = new FairTimeouts(clock);
  const steps = new Steps(() => loop.tell());
  const signals = new AbortSignals<ItemAndCaller>((waiting, reason) =>
    steps.runSoon(() => {
      cancellation.abort(waiting, reason);
      loop.pump();
    }),
  );
  const queue = queueOf(options, signals);
  const server = serverOf(options, queue.callers);
  const shared = { ...options, ...queue, ...server, steps, signals, timeouts };
  const inFlight = new InFlightRequests<Failure>({
    ...shared,
    onReply: (...reply) => loop.apply(...reply),
    onPing: (...ping) => loop.pinged(...ping),
  });
  const retries = new Retries<Failure>(shared);
  const replies = new Replies<Failure>({ ...shared, retries });
  const dispatcher = new Dispatcher<Failure>({ ...shared, inFlight });
  const cancellation = new Cancellation<Failure>(shared);
  const intake = new Intake<Failure>({
    ...shared,
    cancellation,
    onAdmitted: (now) => loop.pump(now),
    onPacked: (batch) => server.bisection.add(batch),
  });
  const alarm = new Alarm({ clock, timeouts, wake: (isLate) => loop.wake(isLate) });
  const moving = { retries, replies, dispatcher, cancellation, intake, alarm, inFlight };
  const loop = new Loop<Failure>({ ...shared, ...moving });
  return { ...shared, ...moving, loop };
}
