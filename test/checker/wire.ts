/** What the client sends: looked at as it leaves, and remembered for the verdicts. */
import type { Call, CallBook } from './calls.ts';
import { errorOf, maybeApplied, waitsFor } from './calls.ts';
import type { Plan } from './plan.ts';
import type { Item } from './server/items.ts';
import { isFields, itemsOf, own } from './server/items.ts';
import type { Answer } from './server/service.ts';
import type { Story } from './story.ts';

/** A request from the moment at which `fetch` is called until it ends for the client. */
export interface Sent {
  /** From 1; a ping has none. */
  readonly no: number | undefined;
  readonly begin: number;
  items: readonly Item[];
  /** The call that packed it by itself. */
  packedBy: Call | undefined;
  end: 'answered' | 'broken' | 'given up' | undefined;
  ended: number;
  answer: Answer | undefined;
}

/** How a request ended for one of its keys. */
export type Verdict =
  | { readonly kind: 'success' | 'error'; readonly output: unknown }
  /** Certainly not run. */
  | { readonly kind: 'skipped'; readonly because: Item }
  | { readonly kind: 'refused'; readonly status: number }
  /** Nobody can say. */
  | { readonly kind: 'doubtful' }
  | { readonly kind: 'open' };

/** In one second, in a row. */
const MOST_FAILURES = 60;

interface Suspicion {
  readonly later: Call;
  readonly earlier: Call;
  readonly no: number | undefined;
}

export class Wire {
  readonly all: Sent[] = [];
  readonly byKey = new Map<string, Sent[]>();
  pings = 0;
  /** Set when `close` has resolved. */
  isClosed = false;
  /** Since when there is a server, in milliseconds. */
  thereSince = 0;
  readonly #plan: Plan;
  readonly #book: CallBook;
  readonly #story: Story;
  readonly #open = new Set<Sent>();
  readonly #texts = new Map<string, string>();
  #suspicions: Suspicion[] = [];
  /** When requests ended without a usable answer, since the last that had one. */
  readonly #failures: number[] = [];
  readonly #now: () => number;
  #number = 0;

  readonly isSeenFromAfar: boolean;

  /** Seen from afar, one request may seem to come before another has ended. */
  constructor(
    plan: Plan,
    book: CallBook,
    story: Story,
    { now, isSeenFromAfar }: { readonly now: () => number; readonly isSeenFromAfar: boolean },
  ) {
    this.#now = now;
    this.isSeenFromAfar = isSeenFromAfar;
    this.#plan = plan;
    this.#book = book;
    this.#story = story;
  }

  begin(isPing: boolean): Sent {
    const sent: Sent = {
      no: isPing ? undefined : ++this.#number,
      begin: this.#story.next(),
      items: [],
      packedBy: undefined,
      end: undefined,
      ended: Number.POSITIVE_INFINITY,
      answer: undefined,
    };
    if (isPing) this.pings++;
    else this.all.push(sent);
    this.#open.add(sent);
    if (this.isSeenFromAfar) return sent;
    if (this.isClosed) this.#story.fail('after close', `request ${sent.no ?? 'ping'} has left`);
    const { concurrency } = this.#plan.settings;
    if (this.#open.size > concurrency) {
      this.#story.fail('bounds', `${this.#open.size} requests at once, of at most ${concurrency}`);
    }
    return sent;
  }

  /** When its body is known. */
  carries(sent: Sent, body: string): void {
    const items = itemsOf(body);
    if (items === undefined) {
      this.#story.fail('bounds', `request ${sent.no} is no bulk request: ${body.slice(0, 80)}`);
      return;
    }
    sent.items = items;
    sent.packedBy = this.#packerOf(items);
    this.#story.tell(
      () =>
        `request ${sent.no} leaves: ${items.map(({ type, marker }) => `${type} ${marker}`).join(', ')}`,
    );
    if (sent.packedBy === undefined) this.#checkSize(sent, body);
    for (const item of items) this.#checkItem(sent, item);
    items.forEach((item, place) => {
      this.#checkOrder(sent, item, items.slice(0, place));
    });
    this.#note(sent);
  }

  /** Its body is known, and it is nowhere. */
  loses(sent: Sent, body: string): void {
    sent.items = itemsOf(body) ?? [];
    this.#note(sent);
  }

  end(sent: Sent, how: NonNullable<Sent['end']>, answer: Answer | undefined): void {
    if (sent.end !== undefined) return;
    sent.end = how;
    sent.answer = answer;
    sent.ended = this.#story.next();
    this.#open.delete(sent);
    this.#checkPace(how, answer);
    this.#story.tell(() => {
      const said = answer !== undefined && 'status' in answer ? ` ${answer.status}` : '';
      return `request ${sent.no ?? 'ping'} ends: ${how}${said}`;
    });
  }

  /** Requests that carried the key for that call: those open when it was made, and those after. */
  of(call: Call, key: string): Sent[] {
    return (this.byKey.get(key) ?? []).filter(
      // A key of the caller's own, and each in a batch is, may have been sent again for another call.
      ({ ended, begin }) => ended > call.begin && (!hasOwnKeys(call) || begin < call.settled),
    );
  }

  /** The same with all that those know who share its item: whoever joins late shares its past. */
  past(call: Call, key: string): Sent[] {
    return hasOwnKeys(call)
      ? (this.byKey.get(key) ?? []).filter(({ begin }) => begin < call.settled)
      : this.of(call, key);
  }

  /** When all that is due has happened: those that were overtaken have to be over by now. */
  quiet(): void {
    const due = this.#suspicions;
    this.#suspicions = [];
    for (const { later, earlier, no } of due) {
      if (this.#isOver(earlier)) continue;
      this.#story.fail(
        'order',
        `${later.kind} ${later.marker} left in request ${no} while ${earlier.kind} ${earlier.marker} was pending`,
      );
    }
  }

  /** Without an answer, nobody asks as fast as the wire can carry it. */
  #checkPace(how: NonNullable<Sent['end']>, answer: Answer | undefined): void {
    const isAnswer = how === 'answered' && answer?.kind === 'whole' && isUsable(answer.status);
    if (this.isSeenFromAfar || isAnswer) {
      this.#failures.length = 0;
      return;
    }
    const now = this.#now();
    this.#failures.push(now);
    if (this.#failures.length <= MOST_FAILURES) return;
    const first = this.#failures.shift() ?? 0;
    if (now - first < 1_000) {
      this.#story.fail(
        'endless',
        `${MOST_FAILURES} requests in ${now - first} ms without an answer`,
      );
      this.#failures.length = 0;
    }
  }

  #note(sent: Sent): void {
    for (const { key } of sent.items) {
      const before = this.byKey.get(key);
      if (before === undefined) this.byKey.set(key, [sent]);
      else before.push(sent);
    }
  }

  #checkSize(sent: Sent, body: string): void {
    const { maxItems, maxBytes } = this.#plan.settings;
    const { items, no } = sent;
    if (items.length > maxItems) {
      this.#story.fail('bounds', `request ${no} has ${items.length} items of at most ${maxItems}`);
    }
    const bytes = Buffer.byteLength(body);
    if (items.length > 1 && bytes > maxBytes) {
      this.#story.fail('bounds', `request ${no} has ${bytes} bytes of at most ${maxBytes}`);
    }
  }

  #checkItem(sent: Sent, { key, marker, text }: Item): void {
    for (const other of this.isSeenFromAfar ? [] : this.#open) {
      if (other !== sent && other.items.some((item) => item.key === key)) {
        this.#story.fail('one request', `${marker} is in requests ${other.no} and ${sent.no}`);
      }
    }
    const letters = `${key} ${marker}`;
    const before = this.#texts.get(letters);
    if (before === undefined) this.#texts.set(letters, text);
    else if (before !== text) {
      this.#story.fail('same bytes', `${marker} was ${before}, and is ${text}`);
    }
  }

  #checkOrder(sent: Sent, item: Item, ahead: readonly Item[]): void {
    const later = this.#callOf(item);
    if (later === undefined || sent.packedBy !== undefined) return;
    this.#checkOrphan(sent, later);
    for (const earlier of this.#book.all) {
      if (earlier.end >= later.begin || !waitsFor(later, earlier)) continue;
      if (ahead.some(({ key }) => key === earlier.key)) continue;
      if (!this.#isOver(earlier)) this.#suspicions.push({ later, earlier, no: sent.no });
    }
  }

  /** The call that an item is of: the first of those that share it. */
  #callOf({ key, marker }: Item): Call | undefined {
    return this.#book.withKey(key).find((call) => call.marker === marker);
  }

  /** Settled; or aborted, and not on its way any more. */
  #isOver(call: Call): boolean {
    if (call.outcome === undefined) return false;
    if (call.outcome.kind === 'resolved') return true;
    if (maybeApplied(errorOf(call)) !== undefined) return true;
    return ![...this.#open].some(
      ({ items, begin }) =>
        (!call.isOwnKey || begin < call.settled) && items.some(({ key }) => key === call.key),
    );
  }

  #checkOrphan(sent: Sent, call: Call): void {
    for (const thing of [...call.uses, ...(call.changes === undefined ? [] : [call.changes])]) {
      const makers = thing.makers.filter((maker) => maker.end < call.begin);
      if (makers.length === 0 || makers.length < thing.makers.length) continue;
      // One of those that share an item may fail by itself: its signal, say. The item lives on.
      const sharing = makers.flatMap(({ key }) => this.#book.withKey(key));
      if (sharing.every((maker) => this.#hasFailed(maker))) {
        this.#story.fail(
          'orphans',
          `${call.kind} ${call.marker} left in request ${sent.no}, though ${makers.map(({ marker }) => marker).join(', ')} had failed`,
        );
      }
    }
  }

  /** Known to its caller as not done, for a reason that is no "exists already". */
  #hasFailed(maker: Call): boolean {
    if (maker.outcome?.kind !== 'rejected') return false;
    const { error } = maker.outcome;
    if (maker.isInvalid || maybeApplied(error) !== false) return false;
    return !this.#maySayThatItExists(error);
  }

  #maySayThatItExists(error: unknown): boolean {
    const name = error instanceof Error ? error.name : '';
    const errors = own(Object(error), 'errors') ?? Reflect.get(Object(error), 'errors');
    return (
      name === 'PrefactorConflictError' ||
      name === 'PrefactorIdempotencyConflictError' ||
      (isFields(errors) && Object.hasOwn(errors, 'id'))
    );
  }

  #packerOf(items: readonly Item[]): Call | undefined {
    const [first] = items;
    if (first === undefined) return undefined;
    return this.#book.all.find(
      ({ kind, keys }) =>
        kind === 'bulk' &&
        keys.length === items.length &&
        items.every(({ key }, at) => keys[at] === key),
    );
  }
}

function isUsable(status: number): boolean {
  return status === 200 || (status >= 400 && status < 429 && status !== 408 && status !== 425);
}

/** What the answer said about a key, as docs/internals/api.md, "Processing", and the contract read it. */
export function verdictOf(sent: Sent, key: string): Verdict {
  const { answer, end, items } = sent;
  if (end === undefined) return { kind: 'open' };
  if (end !== 'answered' || answer?.kind !== 'whole') return { kind: 'doubtful' };
  const { status } = answer;
  if (status >= 300 && status < 500 && status !== 408 && status !== 425) {
    return { kind: 'refused', status };
  }
  if (status !== 200 || answer.times > 1) return { kind: 'doubtful' };
  const outputs = outputsOf(answer.body);
  if (outputs === undefined) return { kind: 'doubtful' };
  for (const item of items) {
    const output = own(outputs, item.key);
    const said = own(output, 'status');
    if (item.key === key) {
      if (said === 'error') return { kind: 'error', output };
      return said === 'success' ? { kind: 'success', output } : { kind: 'doubtful' };
    }
    if (said === 'error') return { kind: 'skipped', because: item };
  }
  return { kind: 'doubtful' };
}

function outputsOf(body: string): unknown {
  try {
    const outputs = own(JSON.parse(body), 'outputs');
    return isFields(outputs) ? outputs : undefined;
  } catch {
    return undefined;
  }
}

function hasOwnKeys({ isOwnKey, kind }: Call): boolean {
  return isOwnKey || kind === 'bulk';
}
