/** When all is over: what each caller was told, against what the server did and said. */
import type { Call, CallBook, Thing } from './calls.ts';
import { errorOf, maybeApplied, nameOf, waitsFor } from './calls.ts';
import type { Dimension } from './dimensions.ts';
import type { Plan } from './plan.ts';
import { own } from './server/items.ts';
import type { Effect } from './server/service.ts';
import type { Signals } from './signals.ts';
import type { Story } from './story.ts';
import type { Sent, Verdict, Wire } from './wire.ts';
import { verdictOf } from './wire.ts';

/** Timers count whole milliseconds. */
const ROUNDING_MS = 1;
/** The longest that a process which has stood still listens for answers first. */
const LISTENING_MS = 1_000;

export interface Evidence {
  readonly plan: Plan;
  readonly book: CallBook;
  readonly wire: Wire;
  readonly effects: readonly Effect[];
  readonly signals: Signals;
  readonly story: Story;
  /** Whether the server has something of its own in mind for an item. */
  readonly isFated: (marker: string) => boolean;
  /** How long the process stood still, in all. */
  readonly stoppedMs: number;
}

export class Verdicts {
  readonly #evidence: Evidence;
  readonly #effects = new Map<string, Effect>();
  readonly #room = new Map<Effect, number>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    evidence.effects.forEach((effect, place) => {
      this.#room.set(effect, place);
      const before = this.#effects.get(effect.item.marker);
      if (before === undefined) this.#effects.set(effect.item.marker, effect);
      else evidence.story.fail('one effect', `${effect.item.marker} was done twice`);
    });
  }

  /** The effect of this very call, by its key and what is its own. */
  effectOf(call: Call): Effect | undefined {
    const effect = this.#effects.get(call.marker);
    return effect?.item.key === call.key ? effect : undefined;
  }

  /** Left out itself, or for want of something that was, and that nobody else makes. */
  isLeftOut(call: Call): boolean {
    if (call.isLeftOut) return true;
    return needsOf(call).some(({ makers }) => {
      const before = makers.filter(({ end }) => end < call.begin);
      // What is declined has failed before its caller hears of it.
      const hasFailed = (maker: Call): boolean =>
        failedBefore(maker, call) ||
        (maker.outcome?.kind === 'rejected' && this.#isDeclined(maker));
      const isMissing = before.some((maker) => this.isLeftOut(maker));
      return isMissing && before.every((maker) => this.isLeftOut(maker) || hasFailed(maker));
    });
  }

  give(): void {
    for (const call of this.#evidence.book.all) {
      this.#settled(call);
      this.#leftOut(call);
      if (call.outcome?.kind === 'resolved') this.#resolved(call, call.outcome.value);
      if (call.outcome?.kind === 'rejected') this.#rejected(call, call.outcome.error);
    }
    this.#order();
    if (isCalm(this.#evidence.plan)) this.#innocence();
  }

  /** Where nothing gets lost, whoever asks for what can be done has it. */
  #innocence(): void {
    const { book, story } = this.#evidence;
    for (const call of book.all) {
      const { kind, marker, outcome, signal, isInvalid, isOwnKey } = call;
      if (outcome?.kind !== 'rejected' || signal !== undefined || isInvalid || isOwnKey) continue;
      if (call.wasClosed !== 'no' || this.#evidence.isFated(marker)) continue;
      if (nameOf(outcome.error) === 'PrefactorClosedError') continue;
      const isMaking = kind === 'register' || kind === 'create' || call.makes?.kind === 'agent';
      const isBorn = needsOf(call).every(({ makers }) =>
        makers.some((maker) => maker.outcome?.kind === 'resolved' && !this.isLeftOut(maker)),
      );
      if (!isMaking || !isBorn || this.#isTooLarge(call) || this.#wasDoneUnheard(call)) continue;
      story.fail('innocence', `${kind} ${marker} rejects: ${String(outcome.error)}`);
    }
  }

  /** Its answer took too long, and of a repetition the server says only that its key was used. */
  #wasDoneUnheard(call: Call): boolean {
    const isRefused = this.#evidence.plan.ways.repeats === 'refuse';
    return isRefused && this.#verdicts(call, call.key).some(({ kind }) => kind === 'doubtful');
  }

  #isTooLarge(call: Call): boolean {
    const name = nameOf(errorOf(call));
    const isAlone = this.#evidence.wire.of(call, call.key).some(({ items }) => items.length === 1);
    return name === 'PrefactorInvalidArgumentError' || isAlone;
  }

  /** Nothing of it is sent, and its caller need not know. */
  #leftOut(call: Call): void {
    const { story } = this.#evidence;
    if (!this.isLeftOut(call) || call.isOwnKey) return;
    if (this.effectOf(call) !== undefined) {
      story.fail(
        'left out',
        `${call.kind} ${call.marker} was done, and what it needs was left out`,
      );
    } else if (call.outcome?.kind === 'rejected' && !this.#mayRejectAllTheSame(call)) {
      story.fail('left out', `${call.kind} ${call.marker} rejects: ${String(errorOf(call))}`);
    }
  }

  #mayRejectAllTheSame(call: Call): boolean {
    return (
      call.isInvalid ||
      call.isOwnKey ||
      call.signal !== undefined ||
      call.wasClosed !== 'no' ||
      nameOf(errorOf(call)) === 'PrefactorInvalidArgumentError' ||
      isOfNoUse(call) ||
      this.#isOrphan(call)
    );
  }

  #settled(call: Call): void {
    const { story, plan, stoppedMs } = this.#evidence;
    if (call.outcome === undefined) {
      story.fail('settles', `${call.kind} ${call.marker} has not settled`);
      return;
    }
    const { deliveryTimeoutMs, attemptTimeoutMs } = plan.settings;
    // After a stop what was never sent gets one attempt, and what has come is heard first.
    const mercyMs = stoppedMs > 0 ? LISTENING_MS + attemptTimeoutMs : 0;
    const allowed = deliveryTimeoutMs + stoppedMs + mercyMs + ROUNDING_MS;
    const tookMs = call.settledAt - call.at;
    if (tookMs > allowed) {
      story.fail('settles', `${call.kind} ${call.marker} took ${tookMs} ms of ${allowed}`);
    }
  }

  #resolved(call: Call, value: unknown): void {
    const { story } = this.#evidence;
    const who = `${call.kind} ${call.marker}`;
    if (this.isLeftOut(call)) return;
    if (call.isInvalid) story.fail('own result', `${who} was invalid, and resolved`);
    const { complaint } = call;
    if (complaint !== undefined) story.fail('own result', `${who}: its result ${complaint}`);
    if (call.kind === 'bulk') return;
    const effect = this.effectOf(call);
    if (effect === undefined) {
      story.fail('own result', `${who} has resolved, and was never done`);
    } else if (effect.id !== undefined && !isAbout(value, effect.id)) {
      story.fail('own result', `${who} is ${effect.id} at the server, and its caller has another`);
    }
    const isSaid = this.#verdicts(call, call.key).some(({ kind }) => kind === 'success');
    if (!isSaid) story.fail('own result', `${who} has resolved, and no answer says so`);
  }

  #rejected(call: Call, error: unknown): void {
    const done = maybeApplied(error);
    if (this.#evidence.signals.isOdd(call.signal)) return;
    if (done === undefined) this.#aborted(call, error);
    else {
      if (done === false && !this.#isDeclined(call)) this.#notDone(call);
      if (done) this.#inDoubt(call);
      this.#reason(call, error);
    }
  }

  #aborted(call: Call, error: unknown): void {
    if (call.signal?.aborted && call.signal.reason === error) return;
    this.#evidence.story.fail('reason', `${call.marker} rejects with ${String(error)}`);
  }

  #notDone(call: Call): void {
    const { story, wire, effects } = this.#evidence;
    for (const key of call.keys) {
      const since = new Set(wire.of(call, key).map(({ no }) => no));
      const effect = effects.find(
        ({ item, requestNo }) => item.key === key && since.has(requestNo),
      );
      if (effect === undefined || this.#isBeyondKnowing(call, key, effect)) continue;
      story.fail(
        'truth',
        `${call.kind} ${call.marker} was told by ${nameOf(errorOf(call))} that it was not done, but request ${effect.requestNo} did it`,
      );
    }
  }

  /**
   * A request that was given up and came late, after a younger one had been refused for good: the
   * answer was definite, and the server did otherwise all the same.
   */
  #isBeyondKnowing(call: Call, key: string, { isLate, requestNo }: Effect): boolean {
    return (
      isLate &&
      this.#evidence.wire
        .of(call, key)
        .some(
          (sent) =>
            (sent.no ?? 0) > requestNo &&
            sent.ended < call.settled &&
            ['error', 'refused'].includes(verdictOf(sent, key).kind),
        )
    );
  }

  #inDoubt(call: Call): void {
    const { wire } = this.#evidence;
    // From afar nobody sees what has left the client, unless nobody was there to go to.
    if (wire.isSeenFromAfar && wire.thereSince <= call.settledAt) return;
    // What came back only later was in doubt then.
    const isDoubtful = call.keys.some((key) =>
      // Who shares an item shares its past.
      wire
        .past(call, key)
        .some(
          (sent) =>
            sent.begin < call.settled &&
            (sent.ended > call.settled ||
              ['doubtful', 'success'].includes(verdictOf(sent, key).kind)),
        ),
    );
    if (isDoubtful) return;
    this.#evidence.story.fail(
      'truth',
      `${call.kind} ${call.marker} was told by ${nameOf(errorOf(call))} that it may have been done, and nothing was ever in doubt`,
    );
  }

  /** Never taken in, so that another call may have the key. */
  #isDeclined(call: Call): boolean {
    const name = nameOf(errorOf(call));
    return (
      call.wasClosed !== 'no' ||
      name === 'PrefactorInvalidArgumentError' ||
      name === 'PrefactorQueueFullError' ||
      name === 'PrefactorIdempotencyConflictError'
    );
  }

  #reason(call: Call, error: unknown): void {
    const { story } = this.#evidence;
    const complaint = this.#complaintAbout(call, error);
    if (complaint !== undefined) {
      story.fail('reason', `${call.kind} ${call.marker}, ${nameOf(error)}: ${complaint}`);
    }
    this.#ownWords(call, error);
  }

  #complaintAbout(call: Call, error: unknown): string | undefined {
    const { plan, book, wire } = this.#evidence;
    const { settings } = plan;
    const verdicts = call.keys.flatMap((key) => this.#verdicts(call, key));
    const has = (kind: Verdict['kind']): boolean =>
      verdicts.some((verdict) => verdict.kind === kind);
    switch (nameOf(error)) {
      case 'PrefactorInvalidArgumentError':
        return call.isInvalid || settings.maxItemBytes < 10_000 ? undefined : 'it was valid';
      case 'PrefactorQueueFullError':
        return settings.queueItems < 100_000 ? undefined : 'the queue is large';
      case 'PrefactorIdempotencyConflictError':
        return call.keys.some((key) =>
          book.withKey(key).some(
            (other) =>
              other !== call &&
              other.begin < call.end &&
              // What ended for its callers in flight still has its place, and its key.
              (other.settled > call.begin || maybeApplied(errorOf(other)) !== false),
          ),
        )
          ? undefined
          : 'nobody else has its key';
      case 'PrefactorClosedError':
        return undefined;
      case 'PrefactorSkippedError':
        return settings.onSkipped === 'reject' && has('skipped') ? undefined : 'nobody skipped it';
      case 'PrefactorDependencyError':
        return this.#isOrphan(call) ? undefined : 'nothing that it needs has failed';
      case 'PrefactorContractError':
        return has('doubtful') || has('success') ? undefined : 'the contract was kept';
      case 'PrefactorRetryExhaustedError': {
        const attempts: unknown = Reflect.get(Object(error), 'attempts');
        const carried = call.keys.flatMap((key) => wire.of(call, key)).length;
        const most = call.kind === 'bulk' ? carried / Math.max(1, call.keys.length) : carried;
        const isKnown = !call.isOwnKey && !wire.isSeenFromAfar;
        return typeof attempts === 'number' && (!isKnown || attempts <= most)
          ? undefined
          : `${attempts} attempts, but ${most} requests`;
      }
      default:
        return has('error') ||
          has('refused') ||
          call.isInvalid ||
          nameOf(error) === 'PrefactorAuthError'
          ? undefined
          : 'the API has said nothing of it';
    }
  }

  /** What the server said of one item or one request is told to nobody else. */
  #ownWords(call: Call, error: unknown): void {
    const { story, wire } = this.#evidence;
    const name = nameOf(error);
    if (name === 'PrefactorSkippedError' || name === 'PrefactorDependencyError') return;
    const words = error instanceof Error ? error.message : '';
    const [, item] = /\bitem ([\w:.-]+): /.exec(words) ?? [];
    const sharers = call.keys.flatMap((key) => book(this.#evidence, key));
    if (item !== undefined && call.kind !== 'bulk' && !sharers.includes(item)) {
      story.fail('own result', `${call.marker} is told what was said of ${item}`);
    }
    const [, request] = /\brequest (\d+): /.exec(words) ?? [];
    const carried = call.keys.flatMap((key) => wire.past(call, key).map(({ no }) => no));
    if (request !== undefined && !carried.includes(Number(request))) {
      story.fail('own result', `${call.marker} is told what was said of request ${request}`);
    }
  }

  #verdicts(call: Call, key: string): Verdict[] {
    return this.#evidence.wire.past(call, key).map((sent: Sent) => verdictOf(sent, key));
  }

  #isOrphan(call: Call): boolean {
    return needsOf(call).some((thing) => {
      const makers = thing.makers.filter((maker) => maker !== call && maker.begin < call.end);
      const isThere = makers.some(
        ({ outcome, settled }) => outcome?.kind === 'resolved' && settled < call.begin,
      );
      const isAnother = [...new Set(makers.map(({ outcome }) => outcome?.kind))].includes(
        'rejected',
      );
      const hasOtherId = this.#evidence.plan.dimensions.has('otherIds');
      return (isAnother && !isThere) || hasOtherId;
    });
  }

  /** No effect comes before that of something it waits for, unless that was given up. */
  #order(): void {
    const { book, story } = this.#evidence;
    for (const later of book.all) {
      const effect = this.effectOf(later);
      if (effect === undefined) continue;
      const place = this.#room.get(effect) ?? 0;
      for (const earlier of book.all) {
        if (earlier.end >= later.begin || !waitsFor(later, earlier)) continue;
        const other = this.effectOf(earlier);
        if (other === undefined || (this.#room.get(other) ?? 0) <= place) continue;
        const error = errorOf(earlier);
        const isGivenUp =
          earlier.outcome?.kind === 'rejected' &&
          (maybeApplied(error) !== false || earlier.isOwnKey || other.isLate);
        if (isGivenUp || book.withKey(later.key).length > 1) continue;
        story.fail('order', `${later.marker} was done before ${earlier.marker}`);
      }
    }
  }
}

/** The end of a span that has ended, of which nobody has to remember that it was left out. */
function isOfNoUse(call: Call): boolean {
  return (
    call.kind === 'finishSpan' && (call.changes?.ended ?? Number.POSITIVE_INFINITY) < call.begin
  );
}

function failedBefore({ outcome, settled }: Call, call: Call): boolean {
  return outcome?.kind === 'rejected' && settled < call.begin;
}

/** What may keep the innocent from what they ask for. */
const STORMY: readonly Dimension[] = [
  'closes',
  'smallQueue',
  'twins',
  'window',
  'tokenFails',
  'fetchFails',
  'otherIds',
  'stops',
  'lostRequests',
  'pauses',
  'malformedOutputs',
  'missingOutputs',
  'hugeAnswers',
];

function isCalm({ settings, ways, dimensions, ending }: Plan): boolean {
  const isPatient = settings.deliveryTimeoutMs >= 300_000 && ending.flushes;
  const isWhole = ways.faults === 0 || !dimensions.has('refusals');
  const isFair = settings.onSkipped === 'requeue';
  return isPatient && isWhole && isFair && !STORMY.some((storm) => dimensions.has(storm));
}

function book({ book }: Evidence, key: string): readonly string[] {
  return book.withKey(key).map(({ marker }) => marker);
}

/** What has to be there; for the end of a span also its run. */
function needsOf({ uses, changes }: Call): readonly Thing[] {
  if (changes === undefined) return uses;
  return changes.run === undefined ? [...uses, changes] : [...uses, changes, changes.run];
}

function isAbout(value: unknown, id: string): boolean {
  return own(value, 'id') === id || own(own(value, 'details'), 'id') === id;
}
