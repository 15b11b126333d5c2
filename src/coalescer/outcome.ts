/** What an answer means for each item of its batch. Pure: it changes nothing. */
import type { Item } from './item.ts';
import type { Blame, Verdict } from './ports.ts';

export type Outcome<Of> = { readonly item: Of } & (
  | { readonly kind: 'output'; readonly output: unknown; readonly verdict: Verdict<unknown> }
  /** Not reached: the error of an earlier item stopped the batch. */
  | { readonly kind: 'skipped'; readonly because: Blame<never> }
  /** No output, though nothing before it had failed. */
  | { readonly kind: 'missing' }
);

/** One outcome for each item, in the order in which the items were sent. */
export function outcomesOf<Of extends Pick<Item, 'key' | 'read'>>(
  items: readonly Of[],
  outputs: Readonly<Record<string, unknown>>,
): Outcome<Of>[] {
  let stop: Blame<never> | undefined;
  return items.map((item): Outcome<Of> => {
    const { key } = item;
    if (!Object.hasOwn(outputs, key)) {
      return stop === undefined
        ? { kind: 'missing', item }
        : { kind: 'skipped', item, because: stop };
    }
    const output = outputs[key];
    const verdict = judge(item, output);
    if (verdict.kind === 'error') {
      stop ??= { key, reason: { kind: 'error', output, maybeApplied: false } };
    }
    return { kind: 'output', item, output, verdict };
  });
}

/** A reader that throws cannot read the output; the others of the batch must not suffer for it. */
function judge({ read }: Pick<Item, 'read'>, output: unknown): Verdict<unknown> {
  try {
    return read(output);
  } catch {
    return { kind: 'malformed' };
  }
}
