import { isActionPromise } from '../action-promise.ts';
import type { Name } from '../coalescer/index.ts';
import { Memory } from '../internal/memory.ts';
import { PrivateNotes } from '../internal/private-notes.ts';
import { isName, kindOf } from '../schemas/check.ts';
import type { Engine } from './engine.ts';
import { InvalidCall } from './invalid-call.ts';

/** As many as the engine remembers why. */
const MAX_UNMADE = 10_000;

/** What a call makes whose id only its answer tells. */
export class Unnamed {
  /** By which the engine knows it meanwhile. */
  readonly number: number;
  id: string | undefined;
  /** What `Unfinished` notes of it. */
  owner: unknown;

  constructor(number: number) {
    this.number = number;
  }
}

/** What references stand for. */
export class References {
  readonly #engine: Pick<Engine, 'idOf'>;
  /** What calls make or change whose id was not known when they were made; noted on their promises. */
  readonly #ofCalls = new PrivateNotes<Promise<unknown>, Unnamed>();
  /** What is being made, by its number. */
  readonly #unnamed = new Map<number, Unnamed>();
  /** What could not be made: the last of it. */
  readonly #unmade = new Memory<number, Unnamed>(MAX_UNMADE);
  #lastNumber = 0;

  constructor(engine: Pick<Engine, 'idOf'>) {
    this.#engine = engine;
  }

  /** A number for what a call is to make. */
  draw(): number {
    return ++this.#lastNumber;
  }

  /** A call that makes it is about to be taken in: from now on its id may become known. */
  expect(number: number): void {
    this.#unnamed.set(number, new Unnamed(number));
  }

  /** What goes by that number; undefined once its id is known. */
  unnamed(number: number): Unnamed | undefined {
    return this.#unnamed.get(number) ?? this.#unmade.get(number);
  }

  /** What went by that number has that id, or will never have one. */
  learn(number: number, id: string | undefined): void {
    const unnamed = this.#unnamed.get(number);
    if (unnamed === undefined) return;
    unnamed.id = id;
    this.#unnamed.delete(number);
    // What was called on it may be called still, though it will be told that there is nothing.
    if (id === undefined) this.#unmade.add(number, unnamed);
  }

  /** No call makes it: a pending one makes what it was drawn for. */
  forget(number: number): void {
    this.#unnamed.delete(number);
  }

  link(call: Promise<unknown>, number: number): void {
    // Turned away at once: nobody will make it, but the engine knows why for as long as it remembers.
    this.#ofCalls.set(call, this.unnamed(number) ?? new Unnamed(number));
  }

  /**
   * The id that a reference stands for, as the server knows it; or the number that it goes by, while its
   * id is unknown. Throws `InvalidCall` for what is no reference; `path` is where it was given.
   */
  nameOf(reference: unknown, path: string): Name {
    if (isName(reference)) return this.#engine.idOf(reference);
    if (reference instanceof Promise) return this.#nameOfCall(reference, path);
    const id = ownId(reference);
    if (id !== undefined) return this.#engine.idOf(id);
    const kind = kindOf(reference);
    const message = `must be an id, a result, or an ActionPromise, but it is ${kind === 'an object' ? 'an object without an id' : kind}`;
    throw new InvalidCall([{ path, message }]);
  }

  #nameOfCall(call: Promise<unknown>, path: string): Name {
    const known = ownId(call);
    if (known !== undefined) return this.#engine.idOf(known);
    const unnamed = this.#ofCalls.get(call);
    if (unnamed !== undefined) return this.#engine.idOf(unnamed.id ?? unnamed.number);
    throw new InvalidCall([{ path, message: isActionPromise(call) ? foreign : plain }]);
  }
}

const plain =
  'must not be a plain promise: returning an ActionPromise from an async function, or chaining on it, loses its id; pass the ActionPromise itself, or await it';
const foreign =
  'is an ActionPromise of another client, or of a call that makes nothing; await it, and pass its result';

/** The id that a result, or a call, carries. */
export function ownId(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return undefined;
  const id: unknown = Reflect.get(value, 'id');
  return isName(id) ? id : undefined;
}
