import type { Coalescer, Name } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import { PrivateNotes } from '../lib/private-notes.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import { isActionPromise } from '../schemas/action-promise.ts';
import { isName, kindOf, own } from '../schemas/check.ts';
import type { Draft } from './call-draft.ts';
import { InvalidCall } from './invalid-call.ts';
import type { LeftOuts } from './omitted.ts';

/** As many as the engine remembers why. */
const MAX_UNMADE = 10_000;

/** What a call makes whose id only its answer tells. */
export class Unnamed {
  /** By which the engine knows it meanwhile. */
  readonly number: number;
  id: string | undefined;
  /** What `Dependencies` notes of it. */
  owner: unknown;

  constructor(number: number) {
    this.number = number;
  }
}

export interface ReferencesPorts {
  readonly engine: Pick<Coalescer<unknown>, 'idOf'>;
  readonly leftOuts: LeftOuts;
}

/** What references stand for. */
export class References {
  readonly #engine: Pick<Coalescer<unknown>, 'idOf'>;
  /** What calls make or change whose id was not known when they were made; noted on their promises. */
  readonly #ofCalls = new PrivateNotes<Promise<unknown>, Unnamed>();
  /** What is being made, by its number. */
  readonly #unnamed = new Map<number, Unnamed>();
  /** The one that came last: mostly it is the one that is asked for. */
  #latest: Unnamed | undefined;
  /** What could not be made: the last of it. */
  readonly #unmade = new LruMap<number, Unnamed>({ max: MAX_UNMADE });
  readonly #leftOuts: LeftOuts;
  #lastNumber = 0;

  constructor({ engine, leftOuts }: ReferencesPorts) {
    this.#engine = engine;
    this.#leftOuts = leftOuts;
  }

  /** A number for what a call is to make. */
  draw(): number {
    return ++this.#lastNumber;
  }

  /** A call that makes it is about to be taken in: from now on its id may become known. */
  expect(number: number): void {
    this.#latest = new Unnamed(number);
    this.#unnamed.set(number, this.#latest);
  }

  /** What goes by that number; undefined once its id is known. */
  unnamed(number: number): Unnamed | undefined {
    if (this.#latest?.number === number) return this.#latest;
    return this.#unnamed.get(number) ?? this.#unmade.get(number);
  }

  /** What went by that number has that id, or will never have one. Returns it. */
  learn(number: number, id: string | undefined): Unnamed | undefined {
    const unnamed = this.#unnamed.get(number);
    if (unnamed === undefined) return undefined;
    unnamed.id = id;
    this.#unnamed.delete(number);
    if (this.#latest === unnamed) this.#latest = undefined;
    // What was called on it may be called still, though it will be told that there is nothing.
    if (id === undefined) this.#unmade.add(number, unnamed);
    return unnamed;
  }

  /** No call makes it: a pending one makes what it was drawn for. */
  forget(number: number): void {
    this.#latest = undefined;
    this.#unnamed.delete(number);
  }

  /** What a caller gets: the promise, with its key, which stands for what goes by that name from now on. */
  handOut<Value>(
    promise: Promise<Value> & { idempotencyKey?: string; id?: string },
    key: string,
    name: Name | undefined,
  ): ActionPromise<Value> {
    promise.idempotencyKey = key;
    if (typeof name === 'string') promise.id = name;
    else if (name !== undefined) {
      // Turned away at once: nobody will make it, but the engine knows why for as long as it remembers.
      this.#ofCalls.set(promise, this.unnamed(name) ?? new Unnamed(name));
    }
    return promise as ActionPromise<Value>;
  }

  /**
   * What the references of an action stand for, in the order of its kind. The ids that are known take their
   * places; a call without one stays, to be waited for.
   */
  resolve({ kind, fields, hasWireNames }: Draft): Name[] {
    const names: Name[] = [];
    for (const { name: field, path, argument, isOptional } of kind.references) {
      const given = fields[field];
      if (isOptional === true && given == null) continue;
      const name = this.nameOf(given, hasWireNames ? path : argument);
      names.push(name);
      // A call that was left out stays: by its id it would be known for a while only.
      const stays =
        !this.#leftOuts.isEmpty && given instanceof Promise && this.#leftOuts.has(given);
      if (typeof name === 'string' && !stays) fields[field] = name;
    }
    return names;
  }

  /**
   * The id that a reference stands for, as the server knows it; or the number that it goes by, while its
   * id is unknown. Throws `InvalidCall` for what is no reference; `path` is where it was given.
   */
  nameOf(reference: unknown, path: string): Name {
    const id = typeof reference === 'string' ? reference : own(reference, 'id');
    if (isName(id)) return this.#engine.idOf(id);
    const unnamed = reference instanceof Promise ? this.#ofCalls.get(reference) : undefined;
    if (unnamed === undefined) throw new InvalidCall([{ path, message: whyNone(reference) }]);
    return this.#engine.idOf(unnamed.id ?? unnamed.number);
  }
}

function whyNone(reference: unknown): string {
  if (reference instanceof Promise) return isActionPromise(reference) ? foreign : plain;
  const kind = kindOf(reference);
  return `must be an id, a result, or an ActionPromise, but it is ${kind === 'an object' ? 'an object without an id' : kind}`;
}

const plain =
  'must not be a plain promise: returning an ActionPromise from an async function, or chaining on it, loses its id; pass the ActionPromise itself, or await it';
const foreign =
  'is an ActionPromise of another client, or of a call that makes nothing; await it, and pass its result';
