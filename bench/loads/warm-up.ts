import type { Caller } from '../contenders/contender.ts';
import type { Span } from '../contenders/span.ts';
import type { Command } from '../job.ts';

/**
 * So many calls, waited for, before those that are measured: what the compiler does with a client's
 * code as it starts is no cost of each call. `tell` has the server begin its counts anew.
 */
export async function warmUp(
  caller: Caller,
  count: number,
  span: (index: number) => Span,
  tell: (command: Command) => Promise<void>,
): Promise<void> {
  if (count === 0) return;
  await Promise.all(Array.from({ length: count }, (_, index) => caller.create(span(index))));
  await tell('report');
}
