import { isObjectLike } from '../../lib/value-checks.ts';
import type { Ending } from './ending.ts';
import { followAsyncIterable, followIterator } from './iterators.ts';
import { followNodeStream } from './node-streams.ts';
import { followThenable, isPlainPromise, onSettled } from './promises.ts';
import { followWebStream, isWebStream } from './web-streams.ts';

/**
 * Ends a span with what a function has returned: at once; or with the promise, stream or iterator that it is. Returns the
 * same value; in place of a promise without anything of its own, one that settles alike.
 */
export function follow<T>(result: T, ending: Ending): T {
  if (isPlainPromise(result)) {
    return onSettled(result, (value) => followSettled(value, ending), ending.fail) as T;
  }
  try {
    if (followThenable(result, (value) => followSettled(value, ending), ending.fail)) return result;
  } catch {
    // It lets nobody watch.
    ending.complete(result);
    return result;
  }
  followSettled(result, ending);
  return result;
}

/** The same of what is no promise. */
function followSettled(value: unknown, ending: Ending): void {
  try {
    if (isObjectLike(value) && isFollowed(value, ending)) return;
  } catch {
    // It lets nobody watch.
  }
  ending.complete(value);
}

function isFollowed(value: object, ending: Ending): boolean {
  if (isWebStream(value)) return followWebStream(value, ending);
  return (
    followNodeStream(value, ending) ||
    followAsyncIterable(value, ending) ||
    followIterator(value, ending)
  );
}
