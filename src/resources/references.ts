import { isActionPromise } from '../action-promise.ts';
import type { Name, Resource } from '../coalescer/index.ts';
import { PrivateNotes } from '../internal/private-notes.ts';
import { isName, kindOf } from '../schemas/check.ts';
import type { Engine } from './engine.ts';
import { InvalidCall } from './invalid-call.ts';

/** What references stand for. */
export class References {
  readonly #engine: Pick<Engine, 'idOf'>;
  /** What calls make or change whose id was not known when they were made; noted on their promises. */
  readonly #resources = new PrivateNotes<Promise<unknown>, Resource>();

  constructor(engine: Pick<Engine, 'idOf'>) {
    this.#engine = engine;
  }

  link(call: Promise<unknown>, resource: Resource): void {
    this.#resources.set(call, resource);
  }

  /**
   * The id that a reference stands for, as the server knows it; or the resource, while its id is
   * unknown. Throws `InvalidCall` for what is no reference; `path` is where it was given.
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
    const resource = this.#resources.get(call);
    if (resource !== undefined) {
      return resource.id === undefined ? resource : this.#engine.idOf(resource.id);
    }
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
