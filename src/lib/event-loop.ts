import { isNative, nativeTimers } from './native-clock.ts';
import { isWorkerd } from './runtime.ts';
import { workerdTurns } from './workerd-timers.ts';

/** Node has a timer that the web has not. */
const loop: { readonly performance: object; setImmediate?(run: () => void): unknown } = globalThis;
const nativeSetImmediate = loop.setImmediate;

/**
 * Calls `run` in a later turn of the event loop, after all promise jobs of this one, under fake timers as well.
 * `isLoose`: the process is not kept alive for it, so it may never be called.
 */
export function inLaterTurn(run: () => void, isLoose = false): void {
  if (isWorkerd) {
    workerdTurns.set(run, 0);
    return;
  }
  const setImmediate = immediate();
  const { setTimeout } = isNative ? nativeTimers : globalThis;
  const turn: unknown = setImmediate === undefined ? setTimeout(run, 0) : setImmediate(run);
  if (isLoose) Object(turn).unref?.();
}

/**
 * Calls `run` after the event loop has looked for I/O once. Returns whether that is certain: without
 * `setImmediate` a macrotask comes nearest.
 */
export function nextTurn(run: () => void): boolean {
  const isCertain = immediate() !== undefined;
  // Set while I/O is handled, the first one comes before the loop looks for I/O again.
  inLaterTurn(isCertain ? () => inLaterTurn(run) : run);
  return isCertain;
}

function immediate(): typeof nativeSetImmediate {
  return isNative ? nativeSetImmediate : loop.setImmediate;
}
