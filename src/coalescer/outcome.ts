/** What an answer means for each item of its batch. Pure: it changes nothing. */
import type { Item } from './item.ts';
import type { Blame, Verdict } from './ports.ts';

export type Outcome =
  | { readonly kind: 'output'; readonly output: unknown; readonly verdict: Verdict<unknown> }
  /** Not reached: the error of an earlier item stopped the batch. */
  | { readonly kind: 'skipped'; readonly because: Blame<never> }
  /** No output, though nothing before it had failed. */
  | { readonly kind: 'missing' };

/** One outcome for each item, in the order in which the items were sent. */
export function outcomesOf(
  items: readonly Pick<Item, 'key' | 'read'>[],
  outputs: Readonly<Record<string, unknown>>,
): Outcome[] {
  let stop: Blame<never> | undefined;
  return items.map(({ key, read }): Outcome => {
    if (!Object.hasOwn(outputs, key)) {
      return stop === undefined ? { kind: 'missing' } : { kind: 'skipped', because: stop };
    }
    const output = outputs[key];
    const verdict = judge(read, output);
    if (verdict.kind === 'error') {
      stop ??= { key, reason: { kind: 'error', output, maybeApplied: false } };
    }
    return { kind: 'output', output, verdict };
  });
}

/** A reader that throws cannot read the output; the others of the batch must not suffer for it. */
function judge(read: Item['read'], output: unknown): Verdict<unknown> {
  try {
    return read(output);
  } catch {
    return { kind: 'malformed' };
  }
}
