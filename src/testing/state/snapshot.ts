// The server's state as plain objects, for tests that compare two servers.

import type { Fields } from '../wire/items.ts';
import type { Instance, Span, Store } from './store.ts';
import { instanceDetails } from './store.ts';

/** An instance in wire form, with its spans. */
export type InstanceSnapshot = Fields & { readonly spans: Readonly<Record<string, Fields>> };

export interface EmulatorSnapshot {
  /** By id, ordered by id. */
  readonly instances: Readonly<Record<string, InstanceSnapshot>>;
}

export function takeSnapshot(store: Store): EmulatorSnapshot {
  const instances = byId(store.instances.values(), (instance) => ({
    ...withoutServerTimes(instanceDetails(instance)),
    spans: byId(instance.spans, (span) => withoutServerTimes(span.details)),
  }));
  return { instances };
}

function byId<Kind extends Instance | Span, View>(
  records: Iterable<Kind>,
  view: (record: Kind) => View,
): Record<string, View> {
  const sorted = [...records].sort((a, b) => (a.details.id < b.details.id ? -1 : 1));
  return Object.fromEntries(sorted.map((record) => [record.details.id, view(record)]));
}

// The only fields that depend on how calls were batched.
function withoutServerTimes(details: Fields): Fields {
  const { inserted_at: _inserted, updated_at: _updated, ...rest } = details;
  return rest;
}
