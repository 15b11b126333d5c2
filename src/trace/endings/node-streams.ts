import type { Ending } from './ending.ts';

/** Node's Readable, as far as it is needed. */
interface Readable {
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  readonly errored?: unknown;
  once(event: string, listener: () => void): unknown;
}

/**
 * Ends a span with a stream of Node's: when it has ended, has failed, or was destroyed before. It listens to no `error`:
 * one that nobody else listens to stays uncaught.
 */
export function followNodeStream(value: object, { complete, fail, cancel }: Ending): boolean {
  if (!isReadable(value) || value.readableEnded || value.destroyed) return false;
  value.once('end', () => complete());
  value.once('close', () => {
    const { errored, readableEnded } = value;
    if (errored != null) fail(errored);
    else if (readableEnded) complete();
    else cancel();
  });
  return true;
}

function isReadable(value: object): value is Readable {
  return (
    typeof Reflect.get(value, 'pipe') === 'function' &&
    typeof Reflect.get(value, 'once') === 'function' &&
    typeof Reflect.get(value, 'readableEnded') === 'boolean'
  );
}
