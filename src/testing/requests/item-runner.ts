// Runs one item: the stored answer of its key comes first, then an injected refusal, then the action.

import type { ActionResult } from '../actions/action-results.ts';
import { findAction } from '../actions/action-table.ts';
import { EmulatedAction } from '../actions/emulated-action.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { RequestNotes, RequestRecord } from '../report/recorder.ts';
import type { KeyState } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import { errorOutput } from '../wire/errors.ts';
import type { EmulatedItem, Output } from '../wire/items.ts';

// When the API says so is **unknown** (docs/internals/api.md, "Idempotency keys").
const USED = 'idempotency_key_already_used';

export interface ItemRunnerParts {
  readonly store: Store;
  readonly faults: FaultInjector;
}

interface Ran extends ActionResult {
  readonly isReplay?: boolean;
}

export class ItemRunner {
  readonly #parts: ItemRunnerParts;

  constructor(parts: ItemRunnerParts) {
    this.#parts = parts;
  }

  run(item: EmulatedItem, request: RequestRecord): Output {
    const { store } = this.#parts;
    const known = item.key === null ? undefined : store.keys.get(item.key);
    const { output, id, isReplay = false } = this.#answer(item, known, request);
    request.ran(item, id, isReplay, output);
    return output;
  }

  #answer(item: EmulatedItem, known: KeyState | undefined, request: RequestRecord): Ran {
    const { options } = this.#parts.store;
    if (known === undefined) return this.#act(item, request);
    // What the API does about other content under a known key is **unknown** (docs/internals/api.md, "Idempotency
    // keys"). A client must never do it, so it is refused, whether or not the first one got its answer.
    if (!isSameItem(known.item, item)) {
      request.breach(`Key "${item.key}" came again with other content`);
      const used = errorOutput(USED, 'The idempotency key was used for other content');
      return { output: used, id: null };
    }
    if (known.stored !== undefined) {
      if (options.repeats === 'replay') return { ...known.stored, isReplay: true };
      const used = errorOutput(USED, 'The idempotency key was used before');
      return { output: used, id: known.stored.id };
    }
    const ran = this.#act(item, request);
    const isSuccess = ran.output.status === 'success';
    if (isSuccess) known.effects += 1;
    if (isSuccess || options.storeErrors) known.stored = ran;
    return ran;
  }

  #act(item: EmulatedItem, request: RequestRecord): Ran {
    const { faults, store } = this.#parts;
    const refusal = faults.refusalOf(item, request);
    if (refusal !== undefined) return { output: refusal, id: null };
    const notes: RequestNotes = {
      breach: (sentence) => {
        const about = item.key === null ? item.type : `${item.type} "${item.key}"`;
        request.breach(`${sentence} (${about})`);
      },
      unknownField: (name) => request.unknownField(`${item.type}: ${name}`),
    };
    return findAction(item.type)(new EmulatedAction(store, item, notes));
  }
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
