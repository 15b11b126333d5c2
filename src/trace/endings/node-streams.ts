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
export function followNodeStream(value: object, ending: Ending): boolean {
  if (!isReadable(value) || value.readableEnded || value.destroyed) return false;
  const others = endings.get(value);
  if (others !== undefined) {
    others.push(ending);
    return true;
  }
  const all = [ending];
  endings.set(value, all);
  value.once('end', () => {
    for (const { complete } of all) complete();
  });
  value.once('close', () => {
    const { errored, readableEnded } = value;
    for (const { complete, fail, cancel } of all) {
      if (errored != null) fail(errored);
      else if (readableEnded) complete();
      else cancel();
    }
  });
  return true;
}

/** Of the spans that end with a stream: nested ones return the same, and Node warns of more than ten listeners. */
const endings = new WeakMap<Readable, Ending[]>();

function isReadable(value: object): value is Readable {
  return (
    typeof Reflect.get(value, 'pipe') === 'function' &&
    typeof Reflect.get(value, 'once') === 'function' &&
    typeof Reflect.get(value, 'readableEnded') === 'boolean'
  );
}
