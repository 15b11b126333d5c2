import { isName, isObject, isText, own } from './check.ts';

/** An object of JSON, whose values are not looked at. */
export type Fields = Record<string, unknown>;

/** What one output says; the engine's `Verdict`, stated here since the ground imports nobody. */
export type Reading<T> =
  | { readonly kind: 'success'; readonly value: T; readonly id: string | undefined }
  | {
      readonly kind: 'error';
      readonly code: string | undefined;
      readonly retryAfterMs: number | undefined;
      readonly conflict: 'exists' | 'state' | 'used' | undefined;
    }
  | { readonly kind: 'malformed' };

/** What the API says to a running agent, beside the result of a call. */
export interface Control {
  /** True once somebody ended the run: start nothing more. */
  readonly terminate?: boolean;
  /** Why, in the words of whoever ended it. */
  readonly reason?: string | null;
  readonly [field: string]: unknown;
}

/** A result: its id is certain, all other fields are what the API sent, named in camelCase. */
export interface Identified {
  readonly id: string;
  /** Left out where the API sent none. */
  readonly control?: Control;
  readonly [field: string]: unknown;
}

/** The same output, without a token in the words of whoever ended the run. */
export function withCleanReason(output: unknown, redact: (text: string) => string): unknown {
  const control = own(output, 'control');
  // Anything but an object is ignored (docs/internals/api.md, "Control").
  const given = isObject(control) ? control['reason'] : undefined;
  const reason = typeof given === 'string' ? redact(given) : given;
  return reason === given ? output : { ...Object(output), control: { ...Object(control), reason } };
}

export const malformed = { kind: 'malformed' } as const;

/** What an output says that is no success. */
export function readFailure(output: unknown): Exclude<Reading<never>, { kind: 'success' }> {
  // Neither word: what became of it, nobody can say (docs/internals/api.md, "Outputs", *inferred*).
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

/** Names that were turned before; as many and as long as no API has, so that no answer can fill the memory. */
const MAX_TURNED = 1_000;

/** Gives fields that the API added later their camelCase names, which it keeps. */
export class LaterFields {
  readonly #turned = new Map<string, string>();

  copy(from: Fields, to: Fields): void {
    for (const name of Object.keys(from)) {
      // To assign `__proto__` would change what the result inherits; `control` stands beside details.
      if (name === '__proto__' || name === 'control') continue;
      const camelCase = this.#camelCaseOf(name);
      if (!Object.hasOwn(to, camelCase)) to[camelCase] = from[name];
    }
  }

  #camelCaseOf(name: string): string {
    let camelCase = this.#turned.get(name);
    if (camelCase === undefined) {
      camelCase = name.replace(/(?!^)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      if (this.#turned.size < MAX_TURNED && isName(name)) this.#turned.set(name, camelCase);
    }
    return camelCase;
  }
}
