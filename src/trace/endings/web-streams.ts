import { isObjectLike } from '../../lib/value-checks.ts';
import type { Ending } from './ending.ts';
import { intercept } from './intercept.ts';
import { watchSteps } from './iterators.ts';
import { settlingAlike } from './promises.ts';

export function isWebStream(value: unknown): value is ReadableStream {
  const { ReadableStream } = globalThis;
  return typeof ReadableStream === 'function' && value instanceof ReadableStream;
}

/**
 * Ends a span with a ReadableStream: when it has closed, has failed, or was cancelled. It is watched through its own
 * methods and stays itself: unlocked, and of its type, its class and its fields. Native code that reads it without these
 * methods is not seen.
 */
export function watchWebStream(value: ReadableStream, ending: Ending): void {
  watchReaders(value, ending);
  watchIteration(value, ending);
  watchPipes(value, ending);
  intercept(
    value,
    'cancel',
    (cancel) =>
      function watchedCancel(...args) {
        if (!value.locked) ending.cancel();
        return Reflect.apply(cancel, this, args);
      },
  );
  intercept(
    value,
    'tee',
    (tee) =>
      function watchedTee(...args) {
        const branches = Reflect.apply(tee, this, args);
        if (Array.isArray(branches)) watchBranches(branches, ending);
        return branches;
      },
  );
}

function watchReaders(stream: object, ending: Ending): void {
  intercept(
    stream,
    'getReader',
    (getReader) =>
      function getWatchedReader(...args) {
        const reader = Reflect.apply(getReader, this, args);
        if (isObjectLike(reader)) watchReader(reader, ending);
        return reader;
      },
  );
}

function watchReader(reader: object, ending: Ending): void {
  let isCancelled = false;
  let isReleased = false;
  intercept(
    reader,
    'cancel',
    (cancel) =>
      function watchedCancel(...args) {
        isCancelled = true;
        return Reflect.apply(cancel, this, args);
      },
  );
  intercept(
    reader,
    'releaseLock',
    (release) =>
      function watchedRelease(...args) {
        const result = Reflect.apply(release, this, args);
        isReleased = true;
        return result;
      },
  );
  const closed: unknown = Reflect.get(reader, 'closed');
  if (!(closed instanceof Promise)) return;
  // The specification marks it as handled, so to watch it hides nothing.
  closed.then(
    () => (isCancelled ? ending.cancel() : ending.complete()),
    (error: unknown) => {
      if (!isReleased) ending.fail(error);
    },
  );
}

function watchIteration(stream: object, ending: Ending): void {
  for (const name of ['values', Symbol.asyncIterator]) {
    intercept(
      stream,
      name,
      (iterate) =>
        function iterateWatched(...args) {
          const iterator = Reflect.apply(iterate, this, args);
          const staysOpen = Object(args[0]).preventCancel === true;
          if (isObjectLike(iterator)) watchSteps(iterator, ending, staysOpen);
          return iterator;
        },
    );
  }
}

function watchPipes(stream: ReadableStream, ending: Ending): void {
  intercept(
    stream,
    'pipeTo',
    (pipeTo) =>
      function watchedPipeTo(...args) {
        const isRefused = stream.locked;
        const piped = Reflect.apply(pipeTo, this, args);
        if (isRefused) return piped;
        return settlingAlike(piped, () => ending.complete(), ending.fail) ?? piped;
      },
  );
  intercept(
    stream,
    'pipeThrough',
    (pipeThrough) =>
      function watchedPipeThrough(...args) {
        const [transform, options] = args as Parameters<ReadableStream['pipeThrough']>;
        const canPipe =
          !stream.locked &&
          transform?.writable instanceof WritableStream &&
          !transform.writable.locked &&
          isWebStream(transform.readable) &&
          isSignalOrNone(options?.signal);
        if (!canPipe) return Reflect.apply(pipeThrough, this, args);
        // As the specification has it; its own pipe would not call the method above.
        stream.pipeTo(transform.writable, options).catch(() => {});
        return transform.readable;
      },
  );
}

/** With anything else the stream itself throws. */
function isSignalOrNone(signal: unknown): boolean {
  return signal === undefined || signal instanceof AbortSignal;
}

/** Both branches have the same end; to cancel the stream takes both. */
function watchBranches(branches: readonly unknown[], ending: Ending): void {
  const left = new Set(branches);
  for (const branch of branches) {
    const cancel = (): void => {
      left.delete(branch);
      if (left.size === 0) ending.cancel();
    };
    if (isWebStream(branch)) watchWebStream(branch, { ...ending, cancel });
  }
}
