import { getHeapSpaceStatistics } from 'node:v8';
import type { Caller } from '../contenders/contender.ts';
import { spansOf } from '../contenders/span.ts';
import type { Command, Measured } from '../job.ts';
import { nextTurn, startMeter } from './meter.ts';

const BYTES = 325;
const PER_TURN = 1_000;
const WARM_UP = 2_000;

/**
 * The memory of calls that wait for their answers, and what is left of it after them. `tell` has the
 * server keep its answers back, and give them.
 */
export async function pending(
  caller: Caller,
  count: number,
  tell: (command: Command) => Promise<void>,
): Promise<Measured> {
  const span = spansOf(BYTES, 'complete');
  // Code and connections are there before the first look at the heap.
  await Promise.all(Array.from({ length: WARM_UP }, (_, index) => caller.create(span(index))));
  await tell('hold');
  // The list itself is no cost of the client's.
  const calls = new Array<Promise<unknown> | undefined>(count).fill(undefined);
  const before = heap();
  const stop = startMeter();
  for (let index = 0; index < count; index++) {
    calls[index] = caller.create(span(index));
    if ((index + 1) % PER_TURN === 0) await nextTurn();
  }
  await nextTurn();
  const during = heap();
  await tell('release');
  let settled = 0;
  const errors: string[] = [];
  for (let index = 0; index < count; index++) {
    try {
      await calls[index];
      settled++;
    } catch (error) {
      if (errors.length < 3) errors.push(String(error));
    }
    calls[index] = undefined;
  }
  const time = stop();
  await nextTurn();
  const after = heap();
  return {
    called: count,
    settled,
    errors,
    ...time,
    bytesPerCall: (during.used - before.used) / count,
    bytesLeftPerCall: (after.used - before.used) / count,
    oldBytesLeftPerCall: (after.old - before.old) / count,
  };
}

function heap(): { readonly used: number; readonly old: number } {
  if (globalThis.gc === undefined) throw new Error('Run Node with --expose-gc.');
  // Twice: what the first one finalises, the second one frees.
  globalThis.gc();
  globalThis.gc();
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  // A client may keep its bytes outside the heap; they are memory all the same.
  return { used: heapUsed + arrayBuffers, old: old?.space_used_size ?? 0 };
}
