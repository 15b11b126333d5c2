/** A promise, with the two functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** `Promise.withResolvers`, which not every runtime has yet. */
export function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** A rejected promise that need not be awaited: it is marked as handled. */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

/**
 * What to resolve a promise with to reject it. So a waiting call keeps one function instead of two; its
 * rejection comes one promise job later.
 */
export function rejection(error: unknown): PromiseLike<never> {
  const then = (_: unknown, reject: (error: unknown) => void): void => reject(error);
  return { then } as PromiseLike<never>;
}
