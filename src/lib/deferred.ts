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

/** A promise that rejects, and is marked as handled: nobody has to wait for it. */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

/**
 * What a promise is resolved with to be rejected. So a call that waits keeps one function instead of two; it
 * is told one promise job later.
 */
export function rejection(error: unknown): PromiseLike<never> {
  const then = (_: unknown, reject: (error: unknown) => void): void => reject(error);
  return { then } as PromiseLike<never>;
}
