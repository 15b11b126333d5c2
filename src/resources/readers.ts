import type { Name, Read } from '../coalescer/index.ts';
import type { Reading } from '../schemas/output.ts';
import { controlOf, instanceIdOf, withCleanReason } from '../schemas/output.ts';
import { kindOf } from './kinds.ts';

/** How the output of a call is to be read: plain data, which can be written down. */
export interface ReadAs {
  readonly type: string;
  /** As the wire has it; else as the method of that type gives it. */
  readonly raw: boolean;
  /** The instance that the call is about, as far as it is known. */
  readonly instance: Name | undefined;
}

export interface ReaderPorts {
  /** Told of each output that says that a run was ended. */
  readonly onTerminate: (agentInstanceId: string, reason: string | null) => void;
  /** Takes every token out of a text that the server wrote. */
  readonly redact: (text: string) => string;
  /** What goes by that name by now. */
  readonly idOf: (name: Name) => Name;
}

/** Judges outputs, and hears when the API ends a run. */
export function readerOf({ onTerminate, redact, idOf }: ReaderPorts): Read {
  return (given, readAs): Reading<unknown> => {
    const { type, raw, instance } = readAs as ReadAs;
    const kind = kindOf(type, raw);
    // Each output is looked at for a control, since no source says which hold one (wire.md 2.4, 5).
    if (controlOf(given) === undefined) return kind.read(given);
    const output = withCleanReason(given, redact);
    const control = controlOf(output);
    if (control?.terminate === true) {
      const known = instance === undefined ? undefined : idOf(instance);
      const id = typeof known === 'string' ? known : instanceIdOf(output);
      const { reason } = control;
      if (id !== undefined) onTerminate(id, typeof reason === 'string' ? reason : null);
    }
    return kind.read(output);
  };
}
