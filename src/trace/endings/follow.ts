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
    const followOnce = (value: unknown): boolean =>
      followThenable(value, (settled) => followSettled(settled, ending), ending.fail);
    if (isOneMore(result, followOnce)) return result;
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
    if (isObjectLike(value) && isOneMore(value, (one) => isFollowed(one, ending))) return;
  } catch {
    // It lets nobody watch.
  }
  ending.complete(value);
}

/** How many spans may wait for the end of one object: as they would if each of so many nested ones returned it. */
const MAX_FOLLOWERS = 100;
const followers = new WeakMap<object, number>();

/**
 * Follows a value, unless as many spans do already: each adds a call to each step of an iterator, so one that is shared, and
 * returned for ever, would use up the stack.
 */
function isOneMore<Value>(value: Value, followOnce: (value: Value) => boolean): boolean {
  const isObject = isObjectLike(value) || typeof value === 'function';
  const before = isObject ? (followers.get(value) ?? 0) : 0;
  if (before >= MAX_FOLLOWERS || !followOnce(value)) return false;
  if (isObject) followers.set(value, before + 1);
  return true;
}

function isFollowed(value: object, ending: Ending): boolean {
  if (isWebStream(value)) return followWebStream(value, ending);
  return (
    followNodeStream(value, ending) ||
    followAsyncIterable(value, ending) ||
    followIterator(value, ending)
  );
}
