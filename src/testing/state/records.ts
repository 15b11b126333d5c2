// What the emulated server remembers, and how answers show it.

import type { ActionResult } from '../wire/action-results.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';

// docs/internals/api.md, "Status". For a span the sources disagree on `terminated`: the emulator never gives one that
// status. `pending` on create is in Python only, and accepted.
export const CREATE_STATUSES = ['pending', 'active', 'complete', 'failed', 'cancelled'] as const;
export const FINISH_STATUSES = ['complete', 'failed', 'cancelled'] as const;

export interface Span {
  readonly instance: Instance;
  /** As answers show it. Fields that are not named here never change. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly started_at: string;
    status: (typeof CREATE_STATUSES)[number];
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
  readonly quality: Map<string, { readonly payload: Fields; readonly summary: string | null }>;
  /** As answers show it, without what follows from the fields above. */
  readonly details: {
    readonly [name: string]: unknown;
    readonly id: string;
    readonly agent_id: string;
    status: (typeof CREATE_STATUSES)[number] | 'terminated';
    started_at: string | null;
    finished_at: string | null;
    termination_reason: string | null;
    updated_at: string;
  };
}

/** By the names of span types and of qualities. */
export interface Schemas {
  readonly span_type_schemas: ReadonlyMap<string, ShownSchema>;
  readonly quality_schemas: ReadonlyMap<string, ShownSchema>;
}

/** The parts of a schema that show in answers. */
export interface ShownSchema {
  readonly title: string | undefined;
  readonly template: string | undefined;
}

export interface KeyState {
  /** The first item with the key. Later ones must be the same. */
  readonly item: EmulatedItem;
  /** The answer for repeats, once there is one: a success, or with `storeErrors` an error. */
  stored: ActionResult | undefined;
}

export function isTerminal(status: string): boolean {
  return status !== 'pending' && status !== 'active';
}

/** A new object, so that a stored answer does not change with the instance. Payloads are shared: they never change. */
export function instanceDetails({ details, spans, quality }: Instance): Fields {
  const counts = { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 };
  for (const span of spans) counts[span.details.status] += 1;
  const finished = counts.complete + counts.failed + counts.cancelled;
  const payloads: [string, Fields][] = [];
  const summaries: [string, string][] = [];
  for (const [name, { payload, summary }] of quality) {
    payloads.push([name, payload]);
    if (summary !== null) summaries.push([name, summary]);
  }
  return {
    ...details,
    span_counts: { total: spans.length, ...counts, finished },
    quality_payloads: Object.fromEntries(payloads),
    quality_summaries: Object.fromEntries(summaries),
  };
}
