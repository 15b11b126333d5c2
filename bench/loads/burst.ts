import type { Caller, Emitter } from '../contenders/contender.ts';
import type { MakeSpan } from '../contenders/span.ts';
import { keyed, spansOf } from '../contenders/span.ts';
import type { Burst, Command, Measured } from '../job.ts';
import { markedCalls } from '../marked.ts';
import { Calls } from './calls.ts';
import { nextTurn, startMeter } from './meter.ts';
import { warmUp } from './warm-up.ts';

/** Far longer than any round takes. */
const LIMIT_MS = 120_000;
const NONE: ReadonlySet<number> = new Set();

export async function burst(
  caller: Caller,
  load: Burst,
  tell: (command: Command) => Promise<void>,
): Promise<Measured> {
  const span = spansIn(load);
  await warmUp(caller, load.warmUp ?? 0, span, tell);
  const marker = load.marked?.marker;
  const marked = load.marked === undefined ? NONE : markedCalls(load.calls, load.marked);
  const calls = new Calls(load.calls);
  const stop = startMeter();
  for (let index = 0; index < load.calls; index++) {
    const isMarked = marked.has(index);
    calls.watch(() => caller.create(span(index, isMarked ? marker : undefined)), isMarked);
    if ((index + 1) % load.perTurn === 0) await nextTurn();
  }
  await calls.settled(LIMIT_MS);
  const time = stop();
  return { ...calls.result(), ...time };
}

/** The same for those who do not tell what became of a span. */
export async function burstUntold(emitter: Emitter, load: Burst): Promise<Measured> {
  const span = spansIn(load);
  const stop = startMeter();
  for (let index = 0; index < load.calls; index++) {
    emitter.emit(span(index));
    if ((index + 1) % load.perTurn === 0) await nextTurn();
  }
  await emitter.close();
  return { called: load.calls, settled: 0, isUntold: true, errors: [], ...stop() };
}

function spansIn({ bytes, spans, keys }: Burst): MakeSpan {
  const make = spansOf(bytes, spans);
  return keys === 'caller' ? keyed(make) : make;
}
