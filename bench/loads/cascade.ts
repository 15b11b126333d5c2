import type { Caller } from '../contenders/contender.ts';
import { spansOf } from '../contenders/span.ts';
import type { Measured } from '../job.ts';
import { Calls } from './calls.ts';
import { startMeter } from './meter.ts';

const BYTES = 325;
const LIMIT_MS = 120_000;
const ROOT = '01k6a2v4h0bench0000000000000root';

/** A root that fails, and all that hangs on it: every call has to be rejected. */
export async function cascade(caller: Caller, descendants: number): Promise<Measured> {
  const span = spansOf(BYTES, 'complete');
  const calls = new Calls(descendants + 1);
  const stop = startMeter();
  const root = caller.create({ ...span(0, 'fail'), id: ROOT });
  calls.watch(() => root, true);
  for (let index = 1; index <= descendants; index++) {
    const id = `01k6a2v4h0bench0${String(index).padStart(16, '0')}`;
    const child = { ...span(index), id, parentId: ROOT, parent: root };
    calls.watch(() => caller.create(child), true);
  }
  await calls.settled(LIMIT_MS);
  const time = stop();
  return { ...calls.result(), ...time };
}
