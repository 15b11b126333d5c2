import type { Coalescer, Name, Verdict } from '../coalescer/index.ts';
import { conflictOf, pauseMsOfApiError } from '../errors/api-error.ts';
import type { Fields } from '../lib/own-fields.ts';
import { isObject, own } from '../lib/own-fields.ts';
import { isText } from '../lib/value-checks.ts';
import type { WireKind } from '../schemas/action.ts';
import { isName } from '../schemas/field-checks.ts';
import { knownKinds } from '../schemas/known-actions.ts';

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

type ToResult = NonNullable<WireKind<unknown>['toResult']>;

/** Judges outputs, and tells when the API has terminated an instance. */
export class OutputReader {
  readonly #ports: OutputReaderPorts;
  /** The fields of `details` that this version knows. */
  readonly #known = new Map<ToResult, ReadonlySet<string>>();

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
    const given = own(details, 'id');
    const id = isName(given) ? given : undefined;
    const toResult = knownKinds.get(type)?.toResult;
    if (toResult !== undefined && id === undefined) return malformed;
    if (raw || toResult === undefined) return { kind: 'success', value: clean, id };
    const value = toResult(details) as Fields;
    const hasMore = Object.keys(value).length !== Object.keys(details).length;
    const laterFields = hasMore ? this.#laterFieldsOf(details, toResult) : undefined;
    if (laterFields !== undefined) value['laterFields'] = laterFields;
    if (control !== undefined && isObject(control)) value['control'] = own(clean, 'control');
    return { kind: 'success', value, id };
  }

  /** The fields that the API added after this version was made, under their own names; undefined: there are none. */
  #laterFieldsOf(details: Fields, toResult: ToResult): Fields | undefined {
    let known = this.#known.get(toResult);
    if (known === undefined) {
      const read = new Set<string>();
      toResult(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
      known = read;
      this.#known.set(toResult, known);
    }
    const later = Object.entries(details).filter(
      // To merge it into an object would change that object's prototype.
      ([name]) => !known.has(name) && name !== '__proto__',
    );
    return later.length === 0 ? undefined : Object.fromEntries(later);
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

/** The same output, without a token in the reason of its control. */
export function withCleanReason(output: unknown, redact: (text: string) => string): unknown {
  const control = own(output, 'control');
  // Anything but an object is ignored (docs/internals/api.md, "Control").
  const given = isObject(control) ? control['reason'] : undefined;
  const reason = typeof given === 'string' ? redact(given) : given;
  return reason === given ? output : { ...Object(output), control: { ...Object(control), reason } };
}

const malformed = { kind: 'malformed' } as const;

/** What an output says that is no success. */
function readFailure(output: unknown): Exclude<Verdict<never>, { kind: 'success' }> {
  // Neither word: it may have been done (docs/internals/api.md, "Outputs", *inferred*).
  if (own(output, 'status') !== 'error') return malformed;
  // None is no code of its own: `unknown` is one of the API's, and may pass (docs/internals/api.md, "Error codes").
  const given = own(output, 'code');
  const code = isText(given) ? given : undefined;
  const conflict = conflictOf(code, own(output, 'errors'));
  return { kind: 'error', code, retryAfterMs: pauseMsOfApiError(output), conflict };
}
