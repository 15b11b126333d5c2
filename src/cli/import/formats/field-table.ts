/** Exports that have one object for each span, with plain fields: they differ by the names of these. */
import { parsedAll } from '../../../genai/attribute-values.ts';
import type { NamingFamily } from '../../../genai/naming-families.ts';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import type { RecordKinds } from '../json-records.ts';
import { isDate, nanosOfCount, nanosOfIso } from '../recorded-nanos.ts';
import type { DescribedSpan, Format, ReadRecord } from './format.ts';
import { firstOf, readSpan, tellingFields } from './format.ts';

/** Lists are in order of preference; a name goes on into objects: `extra.metadata`. */
export interface FieldTable {
  readonly name: Format['name'];
  readonly kinds: RecordKinds;
  readonly traceId: readonly string[];
  /** The same, where no field has it. */
  readonly rootOf?: (fields: JsonObject) => unknown;
  readonly parentId: readonly string[];
  readonly start: readonly string[];
  readonly end: readonly string[];
  /** A span of this type takes no time, and has no end. */
  readonly instant?: { readonly field: string; readonly value: string };
  /** Where the text stands with which it failed. A family may know another way. */
  readonly error: readonly string[];
  readonly families: readonly NamingFamily[];
  /** Names of the family's attributes, and the fields that they stand for. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Fields that say where the span stands, not what it is. */
  readonly context: readonly string[];
  /** Of something that only a trace has, if traces are records, too. */
  readonly ofTrace?: readonly string[];
  readonly version: readonly string[];
}

export function formatOf(table: FieldTable): Format {
  const { name, kinds, families } = table;
  return {
    name,
    kinds,
    families,

    read(fields): ReadRecord | undefined {
      const { id } = fields;
      const traceId = firstOf(fields, table.traceId);
      if (table.ofTrace !== undefined && traceId === undefined) {
        const start = timeIn(fields, table.ofTrace);
        if (id === undefined || start === undefined) return undefined;
        const end = endOfTrace(start, fields['latency']);
        return readSpan('trace', { traceId: id, id, parentId: undefined, start, end });
      }
      if (id === undefined) return undefined;
      const parentId = firstOf(fields, table.parentId);
      const inTrace = traceId ?? table.rootOf?.(fields);
      return readSpan('span', { traceId: inTrace, id, parentId, ...timesOf(fields, table) });
    },

    describe(fields): DescribedSpan {
      const error = firstOf(fields, table.error);
      const version = firstOf(fields, table.version);
      const status =
        error === undefined ? { isError: false } : { isError: true, message: String(error) };
      return {
        foreign: {
          name: String(fields['name'] ?? 'span'),
          attributes: attributesIn(fields, table),
          status,
        },
        context: contextIn(fields, table),
        endContext: tellingFields({ end_time: firstOf(fields, table.end) }),
        agentVersion: typeof version === 'string' ? { externalIdentifier: version } : {},
      };
    },
  };
}

function timesOf(fields: JsonObject, { start: starts, end: ends, instant }: FieldTable) {
  const start = timeIn(fields, starts);
  const isInstant = instant && fields[instant.field] === instant.value;
  return { start, end: timeIn(fields, ends) ?? (isInstant ? start : undefined) };
}

/** Under the names of the family, what is left under its own. */
function attributesIn(fields: JsonObject, table: FieldTable): JsonObject {
  const attributes: Record<string, unknown> = {};
  const renamed = new Set(['id', 'name', ...table.context, ...table.error]);
  for (const name of [table.traceId, table.parentId, table.start, table.end].flat())
    renamed.add(name);
  for (const [name, from] of Object.entries(table.attributes)) {
    const present = tellingFields(
      Object.fromEntries(from.map((one) => [one, firstOf(fields, [one])])),
    );
    const [field] = Object.keys(present);
    if (field === undefined) continue;
    attributes[name] = present[field];
    renamed.add(field);
  }
  for (const [name, value] of Object.entries(tellingFields(fields))) {
    if (!renamed.has(name) && !Object.hasOwn(attributes, name)) attributes[name] = value;
  }
  return parsedAll(attributes);
}

function contextIn(fields: JsonObject, table: FieldTable): JsonObject {
  const parentId = firstOf(fields, table.parentId);
  const own = table.context.map((name) => [name, firstOf(fields, [name])] as const);
  return tellingFields({
    trace_id: firstOf(fields, table.traceId),
    id: fields['id'],
    parent_id: parentId,
    start_time: firstOf(fields, table.start),
    ...Object.fromEntries(own),
  });
}

function timeIn(fields: JsonObject, names: readonly string[]): bigint | undefined {
  const value = firstOf(fields, names);
  const ms = typeof value === 'number' ? nanosOfCount(value, 1_000_000n) : undefined;
  const nanos = nanosOfIso(value) ?? ms;
  return nanos !== undefined && isDate(nanos) ? nanos : undefined;
}

/** A trace has no end, but may say how many seconds it took. */
function endOfTrace(start: bigint, latency: unknown): bigint {
  const ms = typeof latency === 'number' ? Math.round(latency * 1_000) : 0;
  const end = start + (Number.isSafeInteger(ms) ? BigInt(ms) * 1_000_000n : 0n);
  return isDate(end) ? end : start;
}
