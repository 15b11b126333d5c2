import { createHash } from 'node:crypto';
import type { EmulatorSnapshot } from '../testing/index.ts';
import type { JsonObject } from './actions/json.ts';

/**
 * A digest of the server's state with the file's own names in the place of ids: equal for two
 * servers that hold the same runs, even if their ids differ.
 */
export function digestOf(
  { instances }: EmulatorSnapshot,
  names: Readonly<Record<string, string>>,
): string {
  const nameOf = (id: unknown): unknown => (typeof id === 'string' ? (names[id] ?? id) : id);
  const runs = Object.values(instances).map(({ spans, ...run }) => ({
    name: nameOf(run['id']),
    ...fieldsOf(run, ['status', 'started_at', 'finished_at']),
    spans: inDigestOrder(
      Object.values(spans).map((span) => ({
        name: nameOf(span['id']),
        parent: nameOf(span['parent_span_id']),
        ...fieldsOf(span, ['schema_name', 'status', 'payload', 'result_payload']),
        ...fieldsOf(span, ['started_at', 'finished_at']),
      })),
    ),
  }));
  const hash = createHash('sha256');
  // One by one: all of them can be too long for one string.
  for (const run of inDigestOrder(runs)) hash.update(JSON.stringify(run));
  return hash.digest('hex');
}

function fieldsOf(record: JsonObject, wanted: readonly string[]): JsonObject {
  return Object.fromEntries(wanted.map((field) => [field, record[field] ?? null]));
}

function inDigestOrder<T extends { readonly name: unknown }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
}
