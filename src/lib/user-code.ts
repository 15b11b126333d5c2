import { isObjectLike } from './value-checks.ts';

/**
 * Calls a function of the user's. What it throws, or what the promise that it returns rejects with, goes to
 * `onError`. The promise may be of any make, from another realm or library.
 */
export function callUserCode(call: () => unknown, onError: (error: unknown) => void): void {
  try {
    catchRejection(call(), onError);
  } catch (error) {
    onError(error);
  }
}

/** The same for a result that is there already. Returns whether it is a promise. */
export function catchRejection(result: unknown, onError: (error: unknown) => void): boolean {
  if (!isObjectLike(result) && typeof result !== 'function') return false;
  try {
    // Read once, since it may be a getter.
    const then: unknown = Reflect.get(result, 'then');
    if (typeof then !== 'function') return false;
    // A promise of ours around it keeps to the rules, whatever that one does.
    new Promise((resolve, reject) => Reflect.apply(then, result, [resolve, reject])).catch(onError);
  } catch (error) {
    onError(error);
  }
  return true;
}

/** The same function, which returns what it would have thrown. */
export function unfailing<Args extends readonly unknown[], Made>(
  make: (...args: Args) => Made,
): (...args: Args) => Made {
  return (...args) => {
    try {
      return make(...args);
    } catch (error) {
      return error as Made;
    }
  };
}

/** What `read` returns; undefined where it throws. */
export function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
