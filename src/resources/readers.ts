import type { Name } from '../coalescer/index.ts';
import type { WireKind } from '../schemas/action.ts';
import type { Reading } from '../schemas/output.ts';
import { controlOf, instanceIdOf, withCleanReason } from '../schemas/output.ts';

type Read<Value> = (output: unknown) => Reading<Value>;

/** Makes what judges the output of a call, and hears when the API ends the run. */
export class Readers {
  readonly #onTerminate: (agentInstanceId: string, reason: string | null) => void;
  readonly #redact: (text: string) => string;
  // Consecutive calls are mostly of one kind and one instance: they share one function, which saves
  // a hundred bytes for each call that waits.
  #last: { kind: WireKind<unknown>; instance: Name | undefined; read: Read<unknown> } | undefined;

  constructor(
    onTerminate: (agentInstanceId: string, reason: string | null) => void,
    redact: (text: string) => string,
  ) {
    this.#onTerminate = onTerminate;
    this.#redact = redact;
  }

  of<Value>(kind: WireKind<Value>, instance: Name | undefined): Read<Value> {
    if (this.#last?.kind !== kind || this.#last.instance !== instance) {
      const read: Read<Value> = (output) => this.#judge(kind, instance, output);
      this.#last = { kind, instance, read };
    }
    return this.#last.read as Read<Value>;
  }

  /** Each output is looked at for a control, since no source says which hold one (wire.md 2.4, 5). */
  #judge<Value>(kind: WireKind<Value>, instance: Name | undefined, given: unknown): Reading<Value> {
    if (controlOf(given) === undefined) return kind.read(given);
    const output = withCleanReason(given, this.#redact);
    const control = controlOf(output);
    if (control?.terminate === true) {
      const known = typeof instance === 'string' ? instance : instance?.id;
      const id = known ?? instanceIdOf(output);
      const { reason } = control;
      if (id !== undefined) this.#onTerminate(id, typeof reason === 'string' ? reason : null);
    }
    return kind.read(output);
  }
}
