import type { Verdict } from '../coalescer/index.ts';
import { own } from '../lib/own-fields.ts';
import { isObject, isText } from './check.ts';

/** An object of JSON, whose values are not looked at. */
export type Fields = Record<string, unknown>;

/** What the API says to a running agent, beside the result of a call. */
export interface Control {
  /** True once the run was terminated: start nothing more in it. */
  readonly terminate?: boolean;
  /** Why, in the words of the user who terminated it. */
  readonly reason?: string | null;
}

/** A result: its id is certain, all other fields are there where the API sent them. */
export interface Identified {
  readonly id: string;
  readonly control?: Control;
  /** Fields that the API added after this version was made, under the names that the API gives them. */
  readonly laterFields?: Readonly<Record<string, unknown>>;
}

/** The same output, without a token in the reason of its control. */
export function withCleanReason(output: unknown, redact: (text: string) => string): unknown {
  const control = own(output, 'control');
  // Anything but an object is ignored (docs/internals/api.md, "Control").
  const given = isObject(control) ? control['reason'] : undefined;
  const reason = typeof given === 'string' ? redact(given) : given;
  return reason === given ? output : { ...Object(output), control: { ...Object(control), reason } };
}

export const malformed = { kind: 'malformed' } as const;

/** What an output says that is no success. */
export function readFailure(output: unknown): Exclude<Verdict<never>, { kind: 'success' }> {
  // Neither word: it may have been done (docs/internals/api.md, "Outputs", *inferred*).
  if (own(output, 'status') !== 'error') return malformed;
  // None is no code of its own: `unknown` is one of the API's, and may pass (docs/internals/api.md, "Error codes").
  const given = own(output, 'code');
  const code = isText(given) ? given : undefined;
  const conflict = conflictOf(code, own(output, 'errors'));
  return { kind: 'error', code, retryAfterMs: askedPauseMs(output), conflict };
}

/** Required on `rate_limited` (docs/internals/api.md, "Error codes"); ignored where it is no duration. */
export function askedPauseMs(output: unknown): number | undefined {
  const ms = own(output, 'retry_after_ms');
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms) ? ms : undefined;
}

/** The key was used before, perhaps by an attempt of this very item (docs/internals/api.md, "Idempotency keys"). */
export const ALREADY_USED = 'idempotency_key_already_used';

// 409 on single endpoints; that bulk outputs use the same codes is *inferred* (docs/internals/api.md, "Error codes").
// `invalid_action` is seen where a span or an instance is finished already; `conflict` is not seen, and
// is none of the API's list. A key that was used before may have been used by ourselves.
function conflictOf(
  code: string | undefined,
  errors: unknown,
): 'exists' | 'state' | 'used' | undefined {
  if (code === 'conflict' || saysIdIsTaken(code, errors)) return 'exists';
  if (code === ALREADY_USED) return 'used';
  return code === 'invalid_action' ? 'state' : undefined;
}

/**
 * Whether the id is all that validation finds wrong. How the API refuses a taken id is *unknown*
 * (docs/internals/api.md, "Ids"); this is how its kind of server does.
 */
export function saysIdIsTaken(code: string | undefined, errors: unknown): boolean {
  if (code !== 'validation_errors' && code !== 'validation_error') return false;
  if (!isObject(errors)) return false;
  const names = Object.keys(errors);
  return names.length === 1 && names[0] === 'id';
}

/** Finds the fields that the API added after this version was made. */
export class LaterFields {
  readonly #known = new Map<ToResult, ReadonlySet<string>>();

  /** Those of `details` that `toResult` does not read, under their own names; undefined: there are none. */
  of(details: Fields, toResult: ToResult): Fields | undefined {
    let known = this.#known.get(toResult);
    if (known === undefined) {
      known = namesReadBy(toResult);
      this.#known.set(toResult, known);
    }
    const later = Object.entries(details).filter(
      // To merge it into an object would change that object's prototype.
      ([name]) => !known.has(name) && name !== '__proto__',
    );
    return later.length === 0 ? undefined : Object.fromEntries(later);
  }
}

type ToResult = (details: Fields) => unknown;

function namesReadBy(toResult: ToResult): ReadonlySet<string> {
  const names = new Set<string>();
  toResult(new Proxy({}, { get: (_, name) => void names.add(String(name)) }));
  return names;
}
