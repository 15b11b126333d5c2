// The server's state as plain objects, for tests that compare two servers.

import type { Fields } from '../wire/items.ts';
import type { Instance, Span, World } from './store.ts';
import { instanceDetails, spanDetails } from './views.ts';

/** An instance in wire form, with its spans. */
export type InstanceSnapshot = Fields & { readonly spans: Readonly<Record<string, Fields>> };

export interface EmulatorSnapshot {
  /** By id, ordered by id. */
  readonly instances: Readonly<Record<string, InstanceSnapshot>>;
}

export function takeSnapshot(world: World): EmulatorSnapshot {
  const instances: [string, InstanceSnapshot][] = [];
  for (const instance of byId(world.instances.values())) {
    const spans = byId(instance.spans).map((span): [string, Fields] => [
      span.id,
      withoutServerTimes(spanDetails(world, span)),
    ]);
    instances.push([
      instance.id,
      { ...withoutServerTimes(instanceDetails(world, instance)), spans: Object.fromEntries(spans) },
    ]);
  }
  return { instances: Object.fromEntries(instances) };
}

function byId<Kind extends Instance | Span>(records: Iterable<Kind>): Kind[] {
  return [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
}

// When a record was written depends on how calls were batched, and nothing else here does.
function withoutServerTimes(details: Fields): Fields {
  const { inserted_at: _inserted, updated_at: _updated, ...rest } = details;
  return rest;
}
