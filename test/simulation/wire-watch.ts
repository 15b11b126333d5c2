/** What must hold at each request: looked at as it leaves, and as its answer comes. */
import type { CallLog } from './calls.ts';
import { readError } from './errors.ts';
import { isSpoiltOnly } from './kinds-of-plans.ts';
import type { Call, Item, Thing } from './model.ts';
import { isSettled, neededBy } from './model.ts';
import type { NetworkListener, Sent } from './network.ts';
import { USED_CODE } from './server.ts';
import type { Watched } from './watched.ts';

/** A timer that is so late says that the process stood still. */
const LATE_MS = 10;

export class WireWatch implements NetworkListener {
  readonly #watched: Watched;
  readonly #calls: () => CallLog;
  /** Requests of the client's own batches that have no answer yet. */
  inFlight = 0;
  /** Requests in flight, by what they carry. */
  readonly #carrying = new Map<string, Sent>();
  /** As said by the events of requests that have not reached the network yet. */
  readonly #announced: { readonly items: number; readonly bytes: number }[] = [];
  readonly #texts = new Map<string, string>();
  readonly #lastSent = new Map<string, Sent>();
  readonly #sends = new Map<Item, number>();
  /** Answers to several items that were too large, by key until that is sent again. */
  readonly #large = new Map<string, Sent>();
  readonly #halved = new Set<Sent>();
  /** When a half, or a batch that its caller has packed, left last: they take turns. */
  #turnAt = Number.NEGATIVE_INFINITY;
  readonly #pauses: { readonly from: number; readonly to: number }[] = [];
  #hasDeparted = false;

  /** `calls`: of a client that is made later. */
  constructor(watched: Watched, calls: () => CallLog) {
    this.#watched = watched;
    this.#calls = calls;
  }

  /** The last request so far that carried a key. */
  lastSent(key: string): Sent | undefined {
    return this.#lastSent.get(key);
  }

  /** Requests that have carried it. */
  sendsOf(item: Item): number {
    return this.#sends.get(item) ?? 0;
  }

  /** The client says that a request leaves. */
  announce(items: number, bytes: number, hasDeparted: boolean): void {
    this.#announced.push({ items, bytes });
    this.#hasDeparted ||= hasDeparted;
  }

  /** The client says that nothing leaves for so long. */
  pause(ms: number): void {
    const from = this.#watched.time.now();
    this.#pauses.push({ from, to: from + ms });
  }

  onRequest(sent: Sent): void {
    const { plan } = this.#watched;
    const pause = this.#pauses.find(({ from, to }) => from < sent.leftAt && sent.leftAt < to);
    if (pause !== undefined && !sent.isKeptAlive) {
      this.#fail('pause kept', `${nameOf(sent)} left in the pause until ${pause.to}`);
    }
    if (sent.number === undefined) {
      this.#watched.count('ping');
      this.#tell(() => 'ping');
      return;
    }
    this.#tell(() => `${nameOf(sent)} leaves: ${this.#namesOf(sent)}`);
    for (const { key, text } of sent.items) this.#checkKey(sent, key, text);
    this.inFlight++;
    this.#checkBounds(sent);
    this.#checkHalves(sent);
    this.#checkOrder(sent);
    // What leaves with the page does not wait for a free slot.
    if (this.inFlight > plan.options.concurrency && !this.#hasDeparted) {
      this.#fail('bounds', `${this.inFlight} requests at once`);
    }
  }

  onResult(sent: Sent, pauseMs: number | undefined): void {
    const { plan } = this.#watched;
    if (sent.number === undefined) return;
    this.#tell(() => `${nameOf(sent)}: ${sent.result}`);
    for (const { key } of sent.items) {
      if (this.#carrying.get(key) === sent) this.#carrying.delete(key);
    }
    this.inFlight--;
    sent.endedAt = this.#watched.time.now();
    sent.isLastInFlight = this.inFlight === 0;
    const isBusy = sent.result === 429 || (sent.result === 503 && pauseMs !== undefined);
    if (isBusy && pauseMs !== undefined) {
      this.pause(Math.min(pauseMs, plan.options.retry.maxPauseMs));
    }
    if (sent.heldUntil !== undefined) this.#watched.count('fault freeze: an answer was there');
    if (sent.result === 'given up') this.#watched.count('fault given up');
  }

  onFault(kind: string): void {
    this.#watched.count(`fault ${kind}`);
    this.#tell(() => `fault: ${kind}`);
  }

  onMalformed(key: string): void {
    this.onFault('malformed output');
    const item = this.#log.itemOf(key);
    if (item !== undefined && !isSettled(item)) item.isMalformed = true;
  }

  onLarge(sent: Sent): void {
    const isAlone = sent.items.length === 1;
    this.onFault(`large answer ${isAlone ? 'for one' : 'for several'}`);
    if (!isAlone) for (const { key } of sent.items) this.#large.set(key, sent);
  }

  onIgnored(sent: Sent): void {
    const { plan } = this.#watched;
    if (this.#log.isClosed || sent.heldUntil === undefined) return;
    // A client that closes does not wait for what nobody waits for.
    const isWaitedFor = sent.items.some(({ key }) => {
      const item = this.#log.itemOf(key);
      return item !== undefined && !isSettled(item);
    });
    if (!isWaitedFor) return;
    const lateMs = sent.heldUntil - sent.leftAt - plan.options.attemptTimeoutMs;
    if (lateMs > LATE_MS) this.#fail('stops', `${nameOf(sent)} was given up beside its answer`);
  }

  /** What got more than anybody reads goes again in parts, and waits for nothing. */
  #checkHalves(sent: Sent): void {
    const { plan } = this.#watched;
    const mates = new Map<Sent, number>();
    for (const { key } of sent.items) {
      const large = this.#large.get(key);
      if (large !== undefined) mates.set(large, (mates.get(large) ?? 0) + 1);
      this.#large.delete(key);
    }
    for (const [large, times] of mates) {
      // A page that goes sends what it can, in as few requests as it can.
      const isDue = !this.#isPacked(large) && !sent.isKeptAlive;
      if (times >= large.items.length && isDue) {
        this.#fail('halved', `${nameOf(large)} goes again as it was`);
      }
      const waitedMs = sent.leftAt - (large.endedAt ?? sent.leftAt);
      const wasFree =
        large.isLastInFlight === true &&
        this.#turnAt < (large.endedAt ?? 0) &&
        !isPausedAt(this.#pauses, large.endedAt);
      if (isSpoiltOnly(plan) && wasFree && waitedMs > 1 && !this.#halved.has(large)) {
        this.#fail('halved', `a half of ${nameOf(large)} waits for ${waitedMs} ms`);
      }
      this.#halved.add(large);
    }
    if (mates.size > 0 || this.#isPacked(sent)) this.#turnAt = sent.leftAt;
  }

  #checkKey(sent: Sent, key: string, text: string): void {
    if (this.#log.itemOf(key) === undefined && !this.#log.packed.has(key)) {
      this.#fail('same bytes', `no call has the key ${key}`);
    }
    if (this.#carrying.has(key)) {
      this.#fail('key in one request', `${this.#log.nameOf(key)} is in two requests`);
    }
    this.#carrying.set(key, sent);
    const item = this.#log.itemOf(key);
    if (item !== undefined) this.#sends.set(item, this.sendsOf(item) + 1);
    this.#lastSent.set(key, sent);
    const before = this.#texts.get(key);
    if (before !== undefined && before !== text) {
      this.#fail('same bytes', `${this.#log.nameOf(key)}: ${before}, then ${text}`);
    }
    this.#texts.set(key, text);
    if (this.#log.redacted.has(key) && text.includes('ä')) {
      this.#fail('left out', `${this.#log.nameOf(key)} is sent with what was taken out of it`);
    }
  }

  #checkBounds(sent: Sent): void {
    const { body, items } = sent;
    const { maxItems, maxBytes } = this.#watched.plan.options;
    const bytes = Buffer.byteLength(body);
    if (!this.#isPacked(sent)) {
      if (items.length > maxItems) this.#fail('bounds', `${items.length} items`);
      if (items.length > 1 && bytes > maxBytes) this.#fail('bounds', `${bytes} bytes`);
    }
    const place = this.#announced.findIndex(
      (said) => said.items === items.length && said.bytes === bytes,
    );
    if (place < 0) this.#fail('exact bytes', `${items.length} items in ${bytes} bytes, unsaid`);
    else this.#announced.splice(place, 1);
  }

  #checkOrder(sent: Sent): void {
    const before = new Set<Item>();
    for (const { key } of sent.items) {
      const item = this.#log.itemOf(key);
      if (item === undefined) continue;
      for (const earlier of item.after) {
        if (before.has(earlier)) continue;
        // Also one that nobody waits for any more keeps its place while the server has it.
        const other = this.#log.itemOf(earlier.key) === earlier && this.#carrying.get(earlier.key);
        if (!isSettled(earlier) || (other && other !== sent)) {
          this.#fail('order', `${item.label} leaves before ${earlier.label} has settled`);
        }
      }
      this.#checkMakers(item);
      before.add(item);
    }
  }

  /** Nothing is sent whose maker is known to have failed. */
  #checkMakers({ label, calls, relations }: Item): void {
    const [call] = calls;
    if (call === undefined) return;
    const place = this.#log.calls.indexOf(call);
    for (const thing of neededBy(relations)) {
      if (thing === relations.makes) continue;
      const maker = thing.makers.findLast((one) => this.#log.calls.indexOf(one) < place);
      if (maker?.outcome?.kind !== 'rejected' || thing.isSplit) continue;
      if (maker.item !== undefined && maker.item.calls.length > 1) continue;
      // An abort says nothing of what became of it; what is there already is there.
      if (mayBeThere(readError(maker.outcome.error))) continue;
      // It changes nothing for what an earlier call has made, may have, or is about to make.
      if (isThereWithout(maker, thing)) continue;
      this.#fail('no orphans', `${label} leaves, but ${maker.label} failed`);
    }
  }

  #isPacked({ items }: Sent): boolean {
    const [first] = items;
    return first !== undefined && this.#log.packed.has(first.key);
  }

  #namesOf({ items }: Sent): string {
    return items.map(({ key }) => this.#log.nameOf(key)).join(', ');
  }

  readonly #fail: Watched['fail'] = (name, detail) => this.#watched.fail(name, detail);

  #tell(line: () => string): void {
    this.#watched.tell(line);
  }

  get #log(): CallLog {
    return this.#calls();
  }
}

/** Whether an earlier call that makes it is pending, or has not failed for certain. */
function isThereWithout(maker: Call, { makers }: Thing): boolean {
  return makers.slice(0, makers.indexOf(maker)).some(({ item, outcome }) => {
    if (item === undefined) return false;
    if (outcome?.kind !== 'rejected') return true;
    return mayBeThere(readError(outcome.error));
  });
}

function isPausedAt(
  pauses: readonly { readonly from: number; readonly to: number }[],
  at: number | undefined,
): boolean {
  return at !== undefined && pauses.some(({ from, to }) => from <= at && at < to);
}

/** Aborted, or in doubt; or refused, since it is there already, or since its key has made it. */
function mayBeThere({
  code,
  maybeApplied,
  apiCode,
  errors,
}: ReturnType<typeof readError>): boolean {
  if (code === undefined || maybeApplied === true || apiCode === USED_CODE) return true;
  return Object.keys(Object(errors)).join() === 'id';
}

function nameOf({ number }: Sent): string {
  return number === undefined ? 'ping' : `request ${number}`;
}
