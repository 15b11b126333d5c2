import { isObjectLike } from '../../lib/value-checks.ts';
import type { Ending } from './ending.ts';
import { isAsyncIterable, isIterator, watchAsyncIterable, watchSteps } from './iterators.ts';
import { isOpenReadable, watchReadable } from './node-streams.ts';
import { isThenable, settlingAlike, watchThenable } from './promises.ts';
import { Waiting } from './waiting.ts';
import { isWebStream, watchWebStream } from './web-streams.ts';

/**
 * Ends a span with what a function has returned: at once; or with the promise, stream or iterator that it is. Returns the
 * same value; in place of a promise without anything of its own, one that settles alike.
 */
export function follow<T>(result: T, ending: Ending): T {
  const alike = settlingAlike(result, (value) => followSettled(value, ending), ending.fail);
  if (alike !== undefined) return alike as T;
  if (!isAwaitedBy(result, ending)) followSettled(result, ending);
  return result;
}

/** The same of what is no promise. */
function followSettled(value: unknown, ending: Ending): void {
  if (!isOutlastedBy(value, ending)) ending.complete(value);
}

/** Watches an object for all that wait for its end. */
type Watch = (waiting: Waiting) => void;

const isAwaitedBy = followerOf((value) => {
  if (!isThenable(value)) return undefined;
  return (waiting) => {
    const onValue = (settled: unknown): void => waiting.end((one) => followSettled(settled, one));
    watchThenable(value, onValue, waiting.ending().fail);
  };
});

const isOutlastedBy = followerOf((value) => {
  if (isWebStream(value)) {
    return value.locked ? undefined : (waiting) => watchWebStream(value, waiting.ending());
  }
  if (isOpenReadable(value)) return (waiting) => watchReadable(value, waiting.ending());
  if (isAsyncIterable(value)) return (waiting) => watchAsyncIterable(value, waiting);
  return isIterator(value) ? (waiting) => watchSteps(value, waiting.ending()) : undefined;
});

/**
 * Lets a span wait for the end of a value; `false`: it does not. `watchOf` gives nothing for a value that has no end, or
 * has ended.
 */
function followerOf(
  watchOf: (value: object) => Watch | undefined,
): (value: unknown, ending: Ending) => boolean {
  const watched = new WeakMap<object, Waiting>();
  return (value, ending) => {
    if (!isObjectLike(value) && typeof value !== 'function') return false;
    try {
      const watch = watchOf(value);
      if (watch === undefined) return false;
      const others = watched.get(value);
      if (others !== undefined) return others.add(ending);
      const waiting = new Waiting();
      waiting.add(ending);
      watch(waiting);
      watched.set(value, waiting);
      return true;
    } catch {
      // It lets nobody watch.
      return false;
    }
  };
}
