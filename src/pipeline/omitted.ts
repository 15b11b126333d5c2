import type { Coalescer } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import { isTerminal } from '../schemas/action.ts';
import { ownId } from '../schemas/check.ts';
import type { Draft } from './call-draft.ts';

/** What was left out and has an id: at least the last so many of each kind are known by it. */
const MAX_REMEMBERED = 10_000;

/** A thing that is not made, since the call that was to make it is left out. */
interface LeftOut {
  /** An id of ours, or of the caller's. */
  readonly id: string;
  /** A span whose run is left out: that is enough to know, once it has ended. */
  readonly isCovered: boolean;
  /** Another call has come to make it after all. */
  isMade: boolean;
}

/**
 * What `beforeEnqueue` left out, and what went with it: whoever needs that is left out as well.
 * By reference it is remembered for as long as somebody holds the call, by id among the
 * last of its kind.
 */
export class LeftOuts {
  readonly #engine: Pick<Coalescer<unknown>, 'isThere'>;
  readonly #calls = new WeakMap<Promise<unknown>, LeftOut>();
  readonly #spans = new LruMap<string, LeftOut>({ max: MAX_REMEMBERED });
  /** Runs, and whatever else was to be made. */
  readonly #others = new LruMap<string, LeftOut>({ max: MAX_REMEMBERED });
  /** Nothing was ever left out: nobody has to look. */
  isEmpty = true;

  constructor(engine: Pick<Coalescer<unknown>, 'isThere'>) {
    this.#engine = engine;
  }

  /**
   * Whether the action needs something that was left out, so that it goes the same way; what it needs is
   * named in it, in `options`, or is the `run` that was named beside it.
   */
  takeAlong({ kind, fields, options, run }: Draft): boolean {
    if (kind.references.some(({ name }) => this.find(fields[name]) !== undefined)) return true;
    // What it makes itself, it does not lack.
    const isLeftOut = (reference: unknown): boolean => {
      const leftOut = this.find(reference);
      return leftOut !== undefined && leftOut.id !== options?.makes;
    };
    return isLeftOut(run) || isLeftOut(options?.changes) || options?.uses?.some(isLeftOut) === true;
  }

  has(call: Promise<unknown>): boolean {
    return this.find(call) !== undefined;
  }

  /** What a reference stands for, if that was left out, and no other call makes it. */
  find(reference: unknown): LeftOut | undefined {
    if (this.isEmpty) return undefined;
    const linked = reference instanceof Promise ? this.#calls.get(reference) : undefined;
    const id = typeof reference === 'string' ? reference : ownId(reference);
    const found = linked ?? (id === undefined ? undefined : this.#byId(id));
    if (found === undefined || found.isMade) return undefined;
    return this.#engine.isThere(found.id) ? undefined : found;
  }

  /**
   * Notes that a call is left out which was to make what goes by this id; if it makes anything, and
   * unless another call has made that, or is about to.
   */
  noteMaking({ kind, fields, options }: Draft, call: Promise<unknown>, id: string): void {
    const isMaker = kind.makes !== undefined || options?.makes === id;
    if (!isMaker || this.#engine.isThere(id)) return;
    const isSpan = kind.makes === 'span';
    const { agent_instance_id: run, status } = isSpan ? fields : {};
    const leftOut: LeftOut = { id, isCovered: this.find(run) !== undefined, isMade: false };
    this.isEmpty = false;
    this.#calls.set(call, leftOut);
    if (!isSpan) this.#others.set(id, leftOut);
    else if (!leftOut.isCovered || !isTerminal(status)) this.#spans.set(id, leftOut);
  }

  /** Notes that a call is left out which was made on something: if on what was left out, it stands for that. */
  noteChange({ kind }: Draft, call: Promise<unknown>, target: unknown): void {
    const leftOut = this.find(target);
    if (leftOut === undefined) return;
    this.#calls.set(call, leftOut);
    const hasEnded = kind.changes === 'span' && kind.ends === true;
    if (hasEnded && leftOut.isCovered) this.#spans.take(leftOut.id);
  }

  /** A call has come to make what goes by this id: if it was taken in, that counts from now on. */
  reconsider(id: string): void {
    if (!this.#engine.isThere(id)) return;
    const leftOut = this.#spans.take(id) ?? this.#others.take(id);
    if (leftOut !== undefined) leftOut.isMade = true;
  }

  #byId(id: string): LeftOut | undefined {
    return this.#spans.get(id) ?? this.#others.get(id);
  }
}
