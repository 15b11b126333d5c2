// The time of the inspector, and its timer, which does not hold the process. It needs no other clock: it only draws.

/** Unix milliseconds. */
export function wallClock(): number {
  return Date.now();
}

/** Calls `tick` every `ms` until the function that it returns is called. */
export function everyMs(ms: number, tick: () => void): () => void {
  const timer: unknown = setInterval(tick, ms);
  Object(timer).unref?.();
  return () => clearInterval(timer as ReturnType<typeof setInterval>);
}
