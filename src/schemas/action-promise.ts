/**
 * What a call returns: a plain promise of its own result, with two properties more.
 *
 * Returning it from an `async` function, or chaining on it, gives an ordinary promise without the
 * two: pass the ActionPromise itself on where a reference is wanted.
 */
export type ActionPromise<T> = Promise<T> & {
  /** The key under which the call is sent, once or many times: 8 to 64 characters. */
  readonly idempotencyKey: string;
  /** Id of what the call makes or changes; left out where only the server's answer tells it. */
  readonly id?: string;
};

/**
 * Stands for an id: the id itself, the result that has it, or the call that will get it. A call that uses a
 * reference to another call waits for it by itself: there is no need to await.
 */
export type Ref<T> = string | T | ActionPromise<T>;

export function isActionPromise(value: unknown): value is ActionPromise<unknown> {
  return value instanceof Promise && Object.hasOwn(value, 'idempotencyKey');
}

/** What the API says to a running agent, beside the result of a call. */
export interface Control {
  /** True once the run was terminated: start nothing more in it. */
  readonly terminate?: boolean;
  /** Why, in the words of the user who terminated it. */
  readonly reason?: string | null;
}

/** A result: its id is certain, all other fields are there where the API sent them. */
export interface Identified {
  readonly id: string;
  readonly control?: Control;
  /** Fields that the API added after this version was made, under the names that the API gives them. */
  readonly laterFields?: Readonly<Record<string, unknown>>;
}
