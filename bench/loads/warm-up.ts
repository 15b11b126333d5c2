import type { Caller } from '../contenders/contender.ts';
import type { Span } from '../contenders/span.ts';
import type { Command } from '../job.ts';

const BURST = 1_000;

/**
 * So many calls before those that are measured, in bursts that are waited for: what the compiler does with a
 * client's code as it starts is no cost of each call, and what it compiles for one long burst it has to
 * compile again when a client is idle for the first time. `tell` has the server begin its counts anew.
 */
export async function warmUp(
  caller: Caller,
  count: number,
  span: (index: number) => Span,
  tell: (command: Command) => Promise<void>,
): Promise<void> {
  if (count === 0) return;
  for (let made = 0; made < count; made += BURST) {
    const length = Math.min(BURST, count - made);
    await Promise.all(Array.from({ length }, (_, index) => caller.create(span(made + index))));
  }
  await tell('report');
}
