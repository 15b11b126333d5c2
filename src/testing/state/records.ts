// What the emulated server remembers of a run, a span, a schema version, an agent and a key.

import type { KeyCounts } from '../report/recorder.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import type { Output } from '../wire/outputs.ts';

// docs/internals/api.md, "Status". For a span the sources disagree on `terminated`: the emulator never gives one that
// status. `pending` on create is in Python only, and accepted.
export const CREATE_STATUSES = ['pending', 'active', 'complete', 'failed', 'cancelled'] as const;
export const FINISH_STATUSES = ['complete', 'failed', 'cancelled'] as const;

export type SpanStatus = (typeof CREATE_STATUSES)[number];
type FinishStatus = (typeof FINISH_STATUSES)[number];
export type InstanceStatus = 'pending' | 'active' | FinishStatus | 'terminated';

export interface Span {
  readonly id: string;
  readonly instance: Instance;
  readonly schemaName: string;
  readonly parentId: string | null;
  readonly payload: Fields;
  readonly startedAt: string;
  readonly insertedAt: string;
  status: SpanStatus;
  result: Fields | null;
  finishedAt: string | null;
  sensitive: boolean;
  bytes: number;
  updatedAt: string;
}

export interface Instance {
  readonly id: string;
  /** The caller's own name for it. */
  readonly externalIdentifier: string | null;
  readonly agentId: string;
  readonly environmentId: string;
  readonly versionId: string;
  readonly schemas: Schemas;
  readonly purpose: string;
  readonly insertedAt: string;
  readonly spans: Span[];
  readonly counts: Record<SpanStatus, number>;
  readonly quality: Map<string, Fields>;
  status: InstanceStatus;
  startedAt: string | null;
  finishedAt: string | null;
  terminationReason: string | null;
  updatedAt: string;
}

/** A schema version: of its schemas only what shows in answers, by the name of the span type. */
export interface Schemas {
  readonly id: string;
  readonly externalIdentifier: string | null;
  readonly types: ReadonlyMap<string, ShownSchema>;
}

export interface ShownSchema {
  readonly title: string | undefined;
  readonly template: string | undefined;
}

/** An agent or an environment. */
export interface NamedRecord {
  readonly id: string;
  readonly insertedAt: string;
  fields: Fields;
}

export interface KeyRecord extends KeyCounts {
  /** What first came under the key; whatever comes later must be alike. */
  readonly item: EmulatedItem;
  /** The answer that a repeat gets: of a success, and of an error where `storeErrors` is set. */
  stored: { readonly output: Output; readonly id: string | null } | undefined;
}

export function isTerminal(status: InstanceStatus | SpanStatus): boolean {
  return status !== 'pending' && status !== 'active';
}
