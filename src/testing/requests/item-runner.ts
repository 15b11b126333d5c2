// Runs one item: the stored answer of its key first, then an injected refusal, then the action.

import { findAction } from '../actions/action-table.ts';
import { Problems } from '../actions/field-reader.ts';
import type { FaultSource } from '../faults/fault-injector.ts';
import type { Recorder, Trace } from '../report/recorder.ts';
import type { KeyRecord, World } from '../state/store.ts';
import { errorOutput } from '../wire/error-output.ts';
import type { EmulatedItem, Output } from '../wire/items.ts';

// When the API says so is **unknown** (docs/internals/api.md, "Idempotency keys").
const USED = 'idempotency_key_already_used';

export interface ExecutionParts {
  readonly world: World;
  readonly faults: FaultSource;
  readonly recorder: Recorder;
}

export class Execution {
  readonly #world: World;
  readonly #faults: FaultSource;
  readonly #recorder: Recorder;

  constructor({ world, faults, recorder }: ExecutionParts) {
    this.#world = world;
    this.#faults = faults;
    this.#recorder = recorder;
  }

  /** The record of a key, made when its first item arrives. */
  recordOf(item: EmulatedItem, key: string): KeyRecord {
    const { keys } = this.#world;
    let record = keys.get(key);
    if (record === undefined) {
      record = { item, stored: undefined, attempts: 0, effects: 0, inFlight: 0 };
      keys.set(key, record);
    }
    return record;
  }

  run(item: EmulatedItem, trace: Trace): Output {
    const record = item.key === null ? undefined : this.#world.keys.get(item.key);
    // What the API does about other content under a known key is **unknown** (docs/internals/api.md, "Idempotency
    // keys"). A client must never do it, so it is refused, whether or not the first one got its answer.
    if (record !== undefined && !isSameItem(record.item, item)) {
      this.#recorder.breach(trace, `Key "${item.key}" came again with other content`);
      const output = errorOutput(USED, 'The idempotency key was used for other content');
      this.#recorder.ran(item, null, trace, false, output);
      return output;
    }
    if (record?.stored !== undefined) {
      const { output, id } = record.stored;
      if (this.#world.rules.repeats === 'refuse') {
        const used = errorOutput(USED, 'The idempotency key was used before');
        this.#recorder.ran(item, id, trace, false, used);
        return used;
      }
      this.#recorder.ran(item, id, trace, true, output);
      return output;
    }
    const refusal = this.#faults.ofItem(item, trace);
    const { output, id } =
      refusal === undefined ? this.#act(item, trace) : { output: refusal, id: null };
    if (record !== undefined) {
      if (output.status === 'success') record.effects += 1;
      if (output.status === 'success' || this.#world.rules.storeErrors) {
        record.stored = { output, id };
      }
    }
    this.#recorder.ran(item, id, trace, false, output);
    return output;
  }

  #act(item: EmulatedItem, trace: Trace): { output: Output; id: string | null } {
    return findAction(item.type)({
      world: this.#world,
      key: item.key,
      fields: item.fields,
      problems: new Problems(),
      breach: (sentence) => {
        const of = item.key === null ? item.type : `${item.type} "${item.key}"`;
        this.#recorder.breach(trace, `${sentence} (${of})`);
      },
      drop: (field) => this.#recorder.drop(trace, `${item.type}: ${field}`),
    });
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
