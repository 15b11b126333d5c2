import type { Name } from '../coalescer/index.ts';
import { isName, isObject, own } from '../schemas/check.ts';
import type { Control, Fields, Reading } from '../schemas/output.ts';
import { LaterFields, malformed, readFailure } from '../schemas/output.ts';
import { kinds } from './action-kinds.ts';

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
export class Reader {
  readonly #ports: ReaderPorts;
  readonly #laterFields = new LaterFields();

  constructor(ports: ReaderPorts) {
    this.#ports = ports;
  }

  /**
   * Of a success of a type that we know only `details.id` is required; all the rest may be missing, or of
   * another type (docs/internals/api.md, "Single endpoints" and "Span records").
   */
  read(output: unknown, { type, raw, instance }: ReadAs): Reading<unknown> {
    // Each output is looked at for a control, since no source says which hold one (docs/internals/api.md, "Outputs" and
    // "Control").
    const given = own(output, 'control');
    const control = given === undefined ? undefined : this.#hear(given, output, instance);
    if (own(output, 'status') !== 'success') return readFailure(output);
    const details = own(output, 'details') as Fields;
    const ownId = own(details, 'id');
    const id = isName(ownId) ? ownId : undefined;
    const toResult = kinds.get(type)?.toResult;
    if (toResult !== undefined && id === undefined) return malformed;
    if (raw || toResult === undefined) {
      const isAsGiven = control === undefined || control === given;
      return { kind: 'success', value: isAsGiven ? output : { ...Object(output), control }, id };
    }
    const value = toResult(details) as Fields;
    const hasMore = Object.keys(value).length !== Object.keys(details).length;
    if (hasMore) this.#laterFields.copy(details, value);
    if (control !== undefined) value['control'] = control;
    return { kind: 'success', value, id };
  }

  /** What the API says beside the result, without a token in it; undefined: nothing that counts. */
  #hear(given: unknown, output: unknown, instance: Name | undefined): Control | undefined {
    if (!isObject(given)) return undefined;
    const { onTerminate, redact, idOf } = this.#ports;
    const said = given['reason'];
    const reason = typeof said === 'string' ? redact(said) : said;
    if (given['terminate'] === true) {
      const known = instance === undefined ? undefined : idOf(instance);
      const id =
        typeof known === 'string' ? known : own(own(output, 'details'), 'agent_instance_id');
      if (isName(id)) onTerminate(id, typeof reason === 'string' ? reason : null);
    }
    return reason === said ? given : ({ ...given, reason } as Control);
  }
}
