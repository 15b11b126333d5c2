import type { Coalescer, Name } from '../coalescer/index.ts';
import type { Ids } from '../ids/ids.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import { isName } from '../schemas/check.ts';
import type { Draft } from './call-draft.ts';
import { invalidCallError } from './invalid-call.ts';
import type { LeftOuts } from './omitted.ts';
import type { Reader } from './output-reader.ts';
import type { References } from './references.ts';
import { localIdOf, targetOf, unsentOutput } from './unsent-output.ts';

export interface UnsentCallsParts {
  readonly engine: Pick<Coalescer<unknown>, 'decline' | 'omit' | 'sharedMakes'>;
  readonly ids: Ids;
  readonly references: References;
  readonly leftOuts: LeftOuts;
  readonly reader: Reader;
}

/** A call that is invalid. */
export interface InvalidDraft {
  readonly type: string;
  readonly key: string;
  /** What it was called on. */
  readonly target: unknown;
  /** Reads the id of what it makes from what may be anything, and may throw. */
  readonly readId: () => unknown;
}

/** Calls that never get to the engine: what their callers get, and what becomes of what they were to make. */
export class UnsentCalls {
  readonly #parts: UnsentCallsParts;

  constructor(parts: UnsentCallsParts) {
    this.#parts = parts;
  }

  /** Resolves with the call's own fields, and an id of ours where it has none. */
  leaveOut(draft: Draft): ActionPromise<unknown> {
    const { kind, key, raw, options, action, claim, repeat } = draft;
    const { engine, ids, references, leftOuts, reader } = this.#parts;
    const target = targetOf(action);
    const localId = localIdOf(action, ids);
    const shared = repeat && engine.sharedMakes(key, repeat.fingerprint, claim);
    const name =
      target === undefined
        ? (shared ?? options?.makes ?? localId)
        : references.nameOf(target, 'target');
    const id = typeof name === 'string' ? name : localId;
    const output = unsentOutput(action, name === options?.makes ? localId : id);
    const reading = reader.read(output, { type: kind.type, raw, instance: undefined });
    if (reading.kind !== 'success') throw new Error('an unsent call has an output of its own');
    engine.omit();
    const call = references.handOut(Promise.resolve(reading.value), key, name);
    if (target !== undefined) leftOuts.noteChange(draft, call, target);
    // What a pending call makes, under the same key, is made.
    else if (typeof name === 'string') leftOuts.noteMaking(draft, call, name);
    return call;
  }

  /** Rejects. What the call was to make counts as failed, so nothing waits for it. */
  decline(error: unknown, { type, key, target, readId }: InvalidDraft): ActionPromise<never> {
    const { engine, references } = this.#parts;
    const changes = this.#nameOfTarget(target);
    const makes = changes ?? nameFrom(readId) ?? references.draw();
    const promise = engine.decline(invalidCallError(error, type, key), {
      key,
      type,
      makes: changes === undefined ? makes : undefined,
    });
    return references.handOut(promise, key, makes);
  }

  #nameOfTarget(target: unknown): Name | undefined {
    try {
      return target === undefined ? undefined : this.#parts.references.nameOf(target, 'target');
    } catch {
      // The error that is on its way says so already.
      return undefined;
    }
  }
}

function nameFrom(read: () => unknown): string | undefined {
  try {
    const id = read();
    return isName(id) ? id : undefined;
  } catch {
    // The error that is on its way comes from the same object.
    return undefined;
  }
}
