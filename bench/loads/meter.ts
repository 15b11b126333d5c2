import { performance } from 'node:perf_hooks';

/** Starts to measure; what it returns tells the time since then. */
export function startMeter(): () => { readonly cpuMs: number; readonly ms: number } {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    return { cpuMs: (user + system) / 1000, ms: performance.now() - startMs };
  };
}

/** Lets the network have its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
