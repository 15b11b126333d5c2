import { tried } from '../../lib/user-code.ts';
import { isObjectLike } from '../../lib/value-checks.ts';
import type { Ending } from './ending.ts';
import { intercept } from './intercept.ts';
import { isThenable, settlingAlike, watchThenable } from './promises.ts';
import type { Waiting } from './waiting.ts';

/** An async generator, or what gives an async iterator. Not what has listeners as well, who may be its only readers. */
export function isAsyncIterable(value: object): boolean {
  const isIterable = typeof Reflect.get(value, Symbol.asyncIterator) === 'function';
  return isIterable && typeof Reflect.get(value, 'on') !== 'function';
}

export function watchAsyncIterable(value: object, waiting: Waiting): void {
  if (hasNext(value)) watchSteps(value, waiting.ending());
  if (Object.prototype.toString.call(value) === '[object AsyncGenerator]') return;
  intercept(
    value,
    Symbol.asyncIterator,
    (iterate) =>
      function iterateWatched(...args) {
        const iterator = Reflect.apply(iterate, this, args);
        if (isObjectLike(iterator) && iterator !== value) {
          // Who gets the iterable later waits for an iterator of its own.
          watchSteps(iterator, waiting.now().ending());
        }
        return iterator;
      },
  );
}

/** A generator, or an iterator like one. Not a list or another collection: these are values. */
export function isIterator(value: object): boolean {
  return typeof Reflect.get(value, Symbol.iterator) === 'function' && hasNext(value);
}

function hasNext(value: object): boolean {
  return typeof Reflect.get(value, 'next') === 'function';
}

/**
 * Ends a span with an iterator: when it has no more, throws, or is left before. What it does at each step runs within the
 * span. `staysOpen`: to leave it does not end what it reads.
 */
export function watchSteps(iterator: object, ending: Ending, staysOpen = false): void {
  const { fail, complete, cancel } = ending;
  const step = (name: 'next' | 'throw' | 'return', onDone: (value: unknown) => void): void =>
    intercept(
      iterator,
      name,
      (original) =>
        function watchedStep(...args) {
          const onResult = (result: unknown): void => {
            if (!isObjectLike(result)) return;
            if (Reflect.get(result, 'done')) onDone(Reflect.get(result, 'value'));
          };
          const onStep = (result: unknown): void => void tried(() => onResult(result));
          let result: unknown;
          try {
            result = ending.within(() => Reflect.apply(original, this, args));
          } catch (error) {
            fail(error);
            throw error;
          }
          const alike = settlingAlike(result, onStep, fail);
          if (alike !== undefined) return alike;
          tried(() => {
            if (isObjectLike(result) && isThenable(result)) watchThenable(result, onStep, fail);
            else onStep(result);
          });
          return result;
        },
    );
  step('next', complete);
  step('throw', complete);
  step('return', staysOpen ? () => {} : cancel);
}
