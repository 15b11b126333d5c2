import type { Coalescer, Name, Verdict } from '../coalescer/index.ts';
import { own } from '../lib/own-fields.ts';
import { isName, isObject } from '../schemas/check.ts';
import type { Fields } from '../schemas/output.ts';
import { LaterFields, malformed, readFailure, withCleanReason } from '../schemas/output.ts';
import { kinds } from './action-kinds.ts';

/** How the output of a call is to be read: plain data, which can be written down. */
export interface ReadAs {
  readonly type: string;
  /** As the wire has it; else as the method of that type gives it. */
  readonly raw: boolean;
  /** The instance that the call is about, as far as it is known. */
  readonly instance: Name | undefined;
}

export interface OutputReaderPorts {
  /** Told of each output that says that an instance was terminated. */
  readonly onTerminate: (agentInstanceId: string, reason: string | null) => void;
  /** Takes every token out of a text that the server wrote. */
  readonly redact: (text: string) => string;
  readonly engine: Pick<Coalescer<unknown>, 'idOf'>;
}

/** Judges outputs, and tells when the API has terminated an instance. */
export class OutputReader {
  readonly #ports: OutputReaderPorts;
  readonly #laterFields = new LaterFields();

  constructor(ports: OutputReaderPorts) {
    this.#ports = ports;
  }

  /**
   * Of a success of a type that we know only `details.id` is required; all the rest may be missing, or of
   * another type (docs/internals/api.md, "Single endpoints" and "Span records").
   */
  read(output: unknown, { type, raw, instance }: ReadAs): Verdict<unknown> {
    // Any output may hold one: no source says which do (docs/internals/api.md, "Outputs" and "Control").
    const control = own(output, 'control');
    const clean = control === undefined ? output : withCleanReason(output, this.#ports.redact);
    if (control !== undefined) this.#hear(clean, instance);
    if (own(output, 'status') !== 'success') return readFailure(output);
    const details = own(output, 'details') as Fields;
    const ownId = own(details, 'id');
    const id = isName(ownId) ? ownId : undefined;
    const toResult = kinds.get(type)?.toResult;
    if (toResult !== undefined && id === undefined) return malformed;
    if (raw || toResult === undefined) return { kind: 'success', value: clean, id };
    const value = toResult(details) as Fields;
    const hasMore = Object.keys(value).length !== Object.keys(details).length;
    const laterFields = hasMore ? this.#laterFields.of(details, toResult) : undefined;
    if (laterFields !== undefined) value['laterFields'] = laterFields;
    if (control !== undefined && isObject(control)) value['control'] = own(clean, 'control');
    return { kind: 'success', value, id };
  }

  #hear(output: unknown, instance: Name | undefined): void {
    const control = own(output, 'control');
    if (!isObject(control) || control['terminate'] !== true) return;
    const { engine, onTerminate } = this.#ports;
    const known = instance === undefined ? undefined : engine.idOf(instance);
    const id = typeof known === 'string' ? known : own(own(output, 'details'), 'agent_instance_id');
    const { reason } = control;
    if (isName(id)) onTerminate(id, typeof reason === 'string' ? reason : null);
  }
}
