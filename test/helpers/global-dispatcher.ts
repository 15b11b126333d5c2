// What the setGlobalDispatcher of undici before 7.29 does; Node does not export that of its own.
import { onTestFinished } from 'vitest';

export interface Dispatcher {
  dispatch(options: Readonly<Record<string, unknown>>, handler: object): boolean;
}

const name = Symbol.for('undici.globalDispatcher.1');

/** The dispatcher that Node's own fetch has. */
export function globalDispatcher(): Dispatcher {
  // Node loads undici, which makes one, when one of its classes is first asked for.
  void globalThis.Response;
  return Reflect.get(globalThis, name);
}

/** Replaces it until the end of the test. */
export function setGlobalDispatcher(dispatcher: Dispatcher): void {
  const before = globalDispatcher();
  Reflect.set(globalThis, name, dispatcher);
  onTestFinished(() => void Reflect.set(globalThis, name, before));
}
