import * as z from 'zod/mini';
import type { Ref } from './action-promise.ts';
import type { AgentInstance } from './agent-instances.ts';
import type { AgentSpan } from './agent-spans.ts';
import type { Check } from './field-checks.ts';
import { aName, onlyFields } from './field-checks.ts';

export interface CallOptions {
  /**
   * Ends the waiting: the call rejects at once with the signal's own reason. Before it was sent it
   * then costs nothing; once it is in flight, the server may still do it.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A resource that an action names: an id, any other name of your own, or a reference. */
export type ResourceName = Ref<AgentInstance> | Ref<AgentSpan>;

/**
 * What an action does to resources, in addition to what is known of its type. An action waits for
 * all earlier ones that make or change what it names, and one that makes or changes something waits
 * for those that use it, too.
 */
export interface SubmitOptions extends CallOptions {
  /** What must be there, and stay as it is, while the action runs. */
  readonly uses?: readonly ResourceName[] | undefined;
  /** What the action changes; only for types of which that is not known. */
  readonly changes?: ResourceName | undefined;
  /** What comes into being with the action; only for types of which that is not known. */
  readonly makes?: string | undefined;
}

export const checkCallOptions: Check = onlyFields(() => ({
  signal: z.optional(z.custom(isSignal, SIGNAL)),
}));

export const checkSubmitOptions: Check = onlyFields(() => ({
  signal: z.optional(z.custom(isSignal, SIGNAL)),
  uses: z.optional(z.custom(Array.isArray, 'an array of names')),
  changes: z.optional(z.unknown()),
  makes: z.optional(aName()),
}));

const SIGNAL = 'an AbortSignal, and no Proxy that cannot be used as one';

/** A Proxy around a signal is one where the runtime lets it: what a signal is, not all of them look up. */
function isSignal(value: unknown): boolean {
  try {
    const { aborted, addEventListener } = Object(value);
    return typeof aborted === 'boolean' && typeof addEventListener === 'function';
  } catch {
    return false;
  }
}
