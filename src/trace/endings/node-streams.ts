import type { Ending } from './ending.ts';

/** Node's Readable, as far as it is needed. */
interface Readable {
  readonly readableEnded: boolean;
  readonly errored?: unknown;
  once(event: string, listener: () => void): unknown;
}

/** A stream of Node's that has neither ended nor been destroyed. */
export function isOpenReadable(value: object): value is Readable {
  return (
    typeof Reflect.get(value, 'pipe') === 'function' &&
    typeof Reflect.get(value, 'once') === 'function' &&
    Reflect.get(value, 'readableEnded') === false &&
    Reflect.get(value, 'destroyed') !== true
  );
}

/**
 * Ends a span with a stream of Node's: when it has ended, has failed, or was destroyed before. It listens to no `error`:
 * one that nobody else listens to stays uncaught.
 */
export function watchReadable(stream: Readable, { complete, fail, cancel }: Ending): void {
  stream.once('end', () => complete());
  stream.once('close', () => {
    const { errored, readableEnded } = stream;
    if (errored != null) fail(errored);
    else if (readableEnded) complete();
    else cancel();
  });
}
