// Runs one item: the stored answer of its key comes first, then an injected refusal, then the action.

import { findAction } from '../actions/action-table.ts';
import { EmulatedAction } from '../actions/emulated-action.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { RequestRecord } from '../report/report.ts';
import type { KeyState } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import type { ActionOutput, ActionResult } from '../wire/action-results.ts';
import { failure } from '../wire/action-results.ts';
import { errorOutput } from '../wire/errors.ts';
import type { EmulatedItem } from '../wire/items.ts';

export function runItem(
  store: Store,
  faults: FaultInjector,
  item: EmulatedItem,
  request: RequestRecord,
): ActionOutput {
  const known = item.key === null ? undefined : store.keys.get(item.key);
  const repeated = known && answerRepeat(store, known, item, request);
  if (repeated !== undefined) {
    request.ran(item, repeated, repeated === known?.stored);
    return repeated.output;
  }
  const refusal = faults.refusalOf(item, request);
  const result =
    refusal === undefined
      ? findAction(item.type)(new EmulatedAction(store, item, request))
      : failure(refusal);
  const isStored = result.output.status === 'success' || store.options.storeErrors;
  if (known !== undefined && isStored) known.stored = result;
  request.ran(item, result, false);
  return result.output;
}

/** The answer to an item whose key was used before, unless it has to run again. */
function answerRepeat(
  { options }: Store,
  { item: first, stored }: KeyState,
  item: EmulatedItem,
  request: RequestRecord,
): ActionResult | undefined {
  // When the API says that is **unknown** (docs/internals/api.md, "Idempotency keys").
  const code = 'idempotency_key_already_used';
  // What the API does about other content under a known key is **unknown**, too. A client must never do it, so it is
  // refused, whether or not the first one got its answer.
  if (item !== first && (item.type !== first.type || !isSameContent(item.fields, first.fields))) {
    request.breach(`Key "${item.key}" came again with other content`);
    return failure(errorOutput(code, 'The idempotency key was used for other content'));
  }
  if (stored === undefined || options.repeats === 'replay') return stored;
  return failure(errorOutput(code, 'The idempotency key was used before'), stored.id);
}

/** Compares what JSON.parse made; the order of an object's fields does not count. */
function isSameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && isSameContent(value, right.get(name)))
  );
}
