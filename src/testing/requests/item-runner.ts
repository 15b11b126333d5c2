// Runs one item: the stored answer of its key comes first, then an injected refusal, then the action.

import { failure } from '../actions/action-results.ts';
import { findAction } from '../actions/action-table.ts';
import { EmulatedAction } from '../actions/emulated-action.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { RequestRecord } from '../report/recorder.ts';
import type { KeyState } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import { errorOutput } from '../wire/errors.ts';
import type { ActionResult, EmulatedItem, Output } from '../wire/items-outputs.ts';

// When the API says so is **unknown** (docs/internals/api.md, "Idempotency keys").
const USED = 'idempotency_key_already_used';

export function runItem(
  store: Store,
  faults: FaultInjector,
  item: EmulatedItem,
  request: RequestRecord,
): Output {
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
  if (known !== undefined) {
    const isSuccess = result.output.status === 'success';
    if (isSuccess) known.effects += 1;
    if (isSuccess || store.options.storeErrors) known.stored = result;
  }
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
  // What the API does about other content under a known key is **unknown** (docs/internals/api.md, "Idempotency
  // keys"). A client must never do it, so it is refused, whether or not the first one got its answer.
  if (!isSameItem(first, item)) {
    request.breach(`Key "${item.key}" came again with other content`);
    return failure(errorOutput(USED, 'The idempotency key was used for other content'));
  }
  if (stored === undefined || options.repeats === 'replay') return stored;
  return failure(errorOutput(USED, 'The idempotency key was used before'), stored.id);
}

function isSameItem(a: EmulatedItem, b: EmulatedItem): boolean {
  return a === b || (a.type === b.type && isSameJson(a.fields, b.fields));
}

/** Compares what JSON.parse made; the order of an object's fields does not count. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && isSameJson(value, right.get(name)))
  );
}
