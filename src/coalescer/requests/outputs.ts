/** What the outputs of an answer say of each item of its batch. Nothing here changes any state. */
import type { Item, ItemExtras, OtherCaller } from '../items/item.ts';
import type { FailedItem, FailedOutput, Reason } from '../ports/reason.ts';
import type { Outputs, PackedAnswer } from '../ports/sender.ts';
import type { OtherVerdicts, Read, Verdict } from '../ports/verdict.ts';

export type Outcome<Of> = { readonly item: Of } & (
  | {
      readonly kind: 'output';
      readonly output: unknown;
      readonly verdict: Verdict<unknown>;
      /** What it means for the other callers of the item, who may read it in other ways. */
      readonly others: OtherVerdicts | undefined;
      readonly requestId: string | undefined;
    }
  /** The server did not reach it, because an earlier item of the batch failed. */
  | { readonly kind: 'skipped'; readonly because: FailedItem<never> }
  /** No output, though no earlier item failed. */
  | { readonly kind: 'missing'; readonly requestId: string | undefined }
);

interface ItemWithOutput {
  readonly key: string;
  readonly readAs?: unknown;
  readonly extras?: Pick<ItemExtras, 'others'> | undefined;
}

/**
 * One outcome for each item, in the order in which the items were sent. It calls `read`, which is user code,
 * so it runs outside of any step. `askRequestId` is called only if an item has failed.
 */
export function outcomesOf<Of extends ItemWithOutput>(
  items: readonly Of[],
  outputs: Outputs,
  read: Read,
  askRequestId: () => string | undefined,
): Outcome<Of>[] {
  const list = isOutputList(outputs) ? outputs : undefined;
  const byKey = outputs as PackedAnswer['outputs'];
  const outcomes: Outcome<Of>[] = [];
  let stop: FailedItem<never> | undefined;
  for (const [place, item] of items.entries()) {
    const { key } = item;
    if (list === undefined ? !Object.hasOwn(byKey, key) : place >= list.length) {
      outcomes.push(
        stop === undefined
          ? { kind: 'missing', item, requestId: askRequestId() }
          : { kind: 'skipped', item, because: stop },
      );
      continue;
    }
    const output: unknown = list === undefined ? byKey[key] : list[place];
    const waiting = item.extras?.others;
    const others = waiting?.size ? verdictsOfOthers(waiting, output, read) : undefined;
    const verdict = readOutput(read, output, item.readAs);
    const requestId = verdict.kind === 'success' ? undefined : askRequestId();
    if (verdict.kind === 'error') {
      stop ??= { key, reason: { kind: 'error', output, requestId, maybeApplied: false } };
    }
    outcomes.push({ kind: 'output', item, output, verdict, others, requestId });
  }
  return outcomes;
}

/** Callers who share an item get a copy each, so that none sees what another does to the result. */
function verdictsOfOthers(
  waiting: ReadonlySet<OtherCaller>,
  output: unknown,
  read: Read,
): OtherVerdicts {
  const verdicts = new Map<Promise<unknown>, Verdict<unknown>>();
  for (const { promise, readAs } of waiting) {
    verdicts.set(promise, readOutput(read, copyOfOutput(output), readAs));
  }
  return verdicts;
}

function copyOfOutput(output: unknown): unknown {
  try {
    return structuredClone(output);
  } catch {
    // A user's sender may return outputs that cannot be cloned.
    return output;
  }
}

/** A `read` that throws must not harm the other items of the batch. */
function readOutput(read: Read, output: unknown, readAs: unknown): Verdict<unknown> {
  try {
    const verdict: Partial<Verdict<unknown>> | null | undefined = read(output, readAs);
    if (verdict?.kind === 'success') return verdict as Verdict<unknown>;
    if (isErrorOutput(verdict)) return verdict;
  } catch {}
  return { kind: 'malformed' };
}

function isErrorOutput(
  verdict: Partial<Verdict<unknown>> | null | undefined,
): verdict is Extract<Verdict<unknown>, { kind: 'error' }> {
  if (verdict?.kind !== 'error') return false;
  const { code, retryAfterMs: ms } = verdict;
  const isPause = ms === undefined || (typeof ms === 'number' && ms >= 0);
  return isPause && (code === undefined || typeof code === 'string');
}

/** After an attempt without an answer, the item most likely conflicts with what that attempt did. */
export function errorReason(
  item: Item,
  { output, requestId }: FailedOutput,
  conflict?: 'exists' | 'state' | 'used',
): Reason<never> {
  const maybeApplied = item.maybeApplied && conflict !== undefined;
  return { kind: conflict === 'used' ? 'used' : 'error', output, requestId, maybeApplied };
}

export function brokenContract(
  problem: 'missing output' | 'malformed output',
  { output, requestId }: FailedOutput,
): Reason<never> {
  return { kind: 'contract', problem, output, requestId, maybeApplied: true };
}

/** How many outputs there are for keys that the batch does not have. */
export function countUnasked(outputs: Outputs, keys: readonly string[]): number {
  if (isOutputList(outputs)) return Math.max(0, outputs.length - keys.length);
  const asked = keys.filter((key) => Object.hasOwn(outputs, key)).length;
  return Object.keys(outputs).length - asked;
}

export function outputsByKey(outputs: Outputs, keys: readonly string[]): PackedAnswer['outputs'] {
  if (!isOutputList(outputs)) return outputs;
  const asked = keys.slice(0, outputs.length);
  return Object.fromEntries(asked.map((key, place) => [key, outputs[place]]));
}

function isOutputList(outputs: Outputs): outputs is readonly unknown[] {
  return Array.isArray(outputs);
}
