import type { Caller } from '../contenders/contender.ts';
import { spansOf } from '../contenders/span.ts';
import type { Measured } from '../job.ts';
import { Calls } from './calls.ts';
import { startMeter } from './meter.ts';

const BYTES = 325;
const WARM_UP = 100;

/** Each call waits for the one before it. */
export async function oneAtATime(caller: Caller, count: number): Promise<Measured> {
  const span = spansOf(BYTES, 'complete');
  for (let index = 0; index < WARM_UP; index++) await caller.create(span(index));
  const calls = new Calls(count);
  const stop = startMeter();
  for (let index = 0; index < count; index++) {
    let call: Promise<unknown> | undefined;
    calls.watch(() => {
      call = caller.create(span(index));
      return call;
    });
    // How it ended is counted above.
    await call?.catch(() => {});
  }
  const time = stop();
  return { ...calls.result(), ...time };
}
