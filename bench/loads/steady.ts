import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller, Emitter } from '../contenders/contender.ts';
import { spansOf } from '../contenders/span.ts';
import type { Command, Measured, Steady } from '../job.ts';
import { Calls } from './calls.ts';
import { startMeter } from './meter.ts';
import { warmUp } from './warm-up.ts';

const BYTES = 325;

export async function steady(
  caller: Caller,
  load: Steady,
  tell: (command: Command) => Promise<void>,
): Promise<Measured> {
  const span = spansOf(BYTES, 'complete');
  await warmUp(caller, load.warmUp ?? 0, span, tell);
  const calls = new Calls(countOf(load));
  const stop = startMeter();
  await pace(load, (index) => calls.watch(() => caller.create(span(index))));
  await calls.settled(load.graceMs);
  const time = stop();
  return { ...calls.result(), ...time };
}

/** What was sent in time the server has seen. */
export async function steadyUntold(emitter: Emitter, load: Steady): Promise<Measured> {
  const span = spansOf(BYTES, 'complete');
  const stop = startMeter();
  await pace(load, (index) => emitter.emit(span(index)));
  await Promise.race([emitter.close(), sleep(load.graceMs)]);
  return { called: countOf(load), settled: 0, isUntold: true, errors: [], ...stop() };
}

function countOf({ callsPerSecond, seconds }: Steady): number {
  return Math.round(callsPerSecond * seconds);
}

/** Makes, at each beat of about a millisecond, all calls that are due by the clock. */
async function pace(load: Steady, call: (index: number) => void): Promise<void> {
  const count = countOf(load);
  const startMs = performance.now();
  for (let made = 0; made < count; ) {
    await sleep(1);
    const elapsedMs = performance.now() - startMs;
    const due = Math.min(count, Math.floor((elapsedMs / 1000) * load.callsPerSecond));
    while (made < due) call(made++);
  }
}
