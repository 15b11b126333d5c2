// What the emulated server remembers.

import type { KeyCounts } from '../report/recorder.ts';
import type { ActionResult, EmulatedItem, Fields } from '../wire/items-outputs.ts';

// docs/internals/api.md, "Status". For a span the sources disagree on `terminated`: the emulator never gives one that
// status. `pending` on create is in Python only, and accepted.
export const CREATE_STATUSES = ['pending', 'active', 'complete', 'failed', 'cancelled'] as const;
export const FINISH_STATUSES = ['complete', 'failed', 'cancelled'] as const;

type SpanStatus = (typeof CREATE_STATUSES)[number];
export type InstanceStatus = SpanStatus | 'terminated';

export interface Span {
  readonly instance: Instance;
  /** As answers show it. Fields that are not named here never change. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly started_at: string;
    status: SpanStatus;
    result_payload: Fields | null;
    finished_at: string | null;
    sensitive_encoding: boolean;
    payload_byte_size_estimate: number;
    updated_at: string;
  };
}

export interface Instance {
  readonly schemas: Schemas;
  readonly spans: Span[];
  readonly quality: Map<string, Fields>;
  /** As answers show it, without what follows from the fields above. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly agent_id: string;
    status: InstanceStatus;
    started_at: string | null;
    finished_at: string | null;
    termination_reason: string | null;
    updated_at: string;
  };
}

/** The parts of a version's schemas that show in answers, by the name of the span type or quality. */
export type Schemas = ReadonlyMap<string, ShownSchema>;

export interface ShownSchema {
  readonly title: string | undefined;
  readonly template: string | undefined;
}

export interface KeyState extends KeyCounts {
  /** The first item with the key. Later ones must be the same. */
  readonly item: EmulatedItem;
  /** The answer for repeats, once there is one: a success, or with `storeErrors` an error. */
  stored: ActionResult | undefined;
}

export function isTerminal(status: InstanceStatus): boolean {
  return status !== 'pending' && status !== 'active';
}
