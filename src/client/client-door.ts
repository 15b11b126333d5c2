/** What other entries of this package ask of a client, and users do not: no public name. */
import type { Submission } from '../coalescer/index.ts';
import type { Logger } from '../lib/logger.ts';
import type { WireAction } from '../schemas/action.ts';
import type { ApiToken } from '../transport/api-token.ts';
import type { BulkEndpoint } from '../transport/bulk-transport.ts';

export interface ClientDoor {
  readonly apiUrl: string;
  readonly logger: Logger;
  /** Undefined only where the client is disabled. */
  readonly apiToken: ApiToken | undefined;
  /** Calls accepted so far: so a call is known to be accepted as soon as it is made. */
  readonly accepted: () => number;
  /** Whether `submit` would find nothing wrong with the fields of an action, and with its key. */
  readonly takes: (action: WireAction) => boolean;
  /** Actions pass `beforeEnqueue`. */
  readonly hasHook: boolean;
  /** Puts the names of SDKs whose calls the client carries in front of its own, in the header that names them. */
  readonly nameSdks: (names: readonly string[]) => void;
  /** Resolves when the client is closed, and everything has settled. */
  readonly closed: Promise<void>;
  /** What is pending, in the order of the calls, and where to send it; undefined where only this process can. */
  readonly remaining: () => RemainingCalls | undefined;
}

export interface RemainingCalls extends BulkEndpoint {
  readonly items: readonly Submission[];
}

// Registered for the whole process, so that the entries of one copy of this package take clients of another.
export const clientDoor: unique symbol = Symbol.for('prefactor-autobatch.client-door');
