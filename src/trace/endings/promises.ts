import { tried } from '../../lib/user-code.ts';
import { intercept } from './intercept.ts';

/** The runtime's own, of which all that `async` functions return are; zone.js puts another in its global place. */
const NativePromise = (async () => {})().constructor;

type OnValue = (value: unknown) => void;
type OnError = (error: unknown) => void;

/**
 * A promise that is nothing else. (Not by its symbols: Node notes things on promises by these.) To watch such a one on
 * the side would either hide an unhandled rejection or make one of a handled one; a promise made of it does neither.
 */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    isNativePromise(value) &&
    Object.getPrototypeOf(value) === NativePromise.prototype &&
    Object.getOwnPropertyNames(value).length === 0
  );
}

/** A promise that settles as that one does, after it was looked at; undefined: it is no plain promise. */
export function settlingAlike(
  promise: unknown,
  onValue: OnValue,
  onError: OnError,
): Promise<unknown> | undefined {
  return tried(() => (isPlainPromise(promise) ? onSettled(promise, onValue, onError) : undefined));
}

function onSettled(
  promise: Promise<unknown>,
  onValue: OnValue,
  onError: OnError,
): Promise<unknown> {
  return promise.then(
    (value) => {
      onValue(value);
      return value;
    },
    (error: unknown) => {
      onError(error);
      throw error;
    },
  );
}

function isNativePromise(value: unknown): value is Promise<unknown> {
  return value instanceof NativePromise;
}

export function isThenable(value: object): boolean {
  return typeof Reflect.get(value, 'then') === 'function';
}

/**
 * Watches what has a `then`, and stays itself. A promise of a class of its own, or a thenable, may begin its work only when
 * `then` is called, and do it again at the next call: so it is never called here, but watched when someone else does.
 */
export function watchThenable(value: object, onValue: OnValue, onError: OnError): void {
  if (isNativePromise(value) && Object.getPrototypeOf(value) === NativePromise.prototype) {
    // With fields of its own: `await` would not look at another `then` there.
    value.then(onValue, onError);
    return;
  }
  intercept(
    value,
    'then',
    (then) =>
      function watchedThen(onFulfilled, onRejected, ...rest) {
        const fulfilled = (result: unknown): unknown => {
          onValue(result);
          return typeof onFulfilled === 'function' ? onFulfilled(result) : result;
        };
        const rejected = (error: unknown): unknown => {
          onError(error);
          if (typeof onRejected === 'function') return onRejected(error);
          throw error;
        };
        try {
          return Reflect.apply(then, this, [fulfilled, rejected, ...rest]);
        } catch (error) {
          onError(error);
          throw error;
        }
      },
  );
}
