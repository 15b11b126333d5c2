import { isObject, own } from '../lib/own-fields.ts';
import { tried } from '../lib/user-code.ts';
import type { ValueName } from './naming-families.ts';

/** Attributes by name: of a span of OpenTelemetry, or the fields of a record in some export. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A longer text stays a text: to read it would hold up the program. */
const MAX_JSON_LENGTH = 10_000_000;

/** The first of `names` that has a value; `used` gets the names of the attributes that are in it as a whole. */
export function firstValue(
  attributes: Attributes,
  names: readonly ValueName[],
  used: Set<string>,
): unknown {
  for (const name of names) {
    const value =
      typeof name === 'string' ? valueAt(attributes, name, used) : joined(attributes, name, used);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** An object of the fields that have a value. */
function joined(
  attributes: Attributes,
  fields: Readonly<Record<string, string>>,
  used: Set<string>,
): unknown {
  const found = Object.entries(fields)
    .map(([field, name]) => [field, valueAt(attributes, name, used)] as const)
    .filter(([, value]) => value !== undefined);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function valueAt(attributes: Attributes, name: string, used: Set<string>): unknown {
  if (name.endsWith('.N')) return numbered(attributes, name.slice(0, -1), used);
  const [attribute = '', field] = name.split('#');
  const value = own(attributes, attribute) ?? undefined;
  // Other fields of it are in none of the columns, so it stays an attribute.
  if (field !== undefined) return own(value, field);
  if (value !== undefined) used.add(name);
  return value;
}

/**
 * A list of what stands in attributes that are numbered: `prefix0.message.role` is in `list[0].message.role`. What would
 * not fit, as a field of a value that is no object, is left where it is.
 */
function numbered(attributes: Attributes, prefix: string, used: Set<string>): unknown {
  const places = new Map<number, Record<string, unknown>>();
  for (const name of Object.keys(attributes)) {
    if (!name.startsWith(prefix)) continue;
    const [index = '', ...path] = name.slice(prefix.length).split('.');
    if (!/^\d{1,6}$/.test(index)) continue;
    const place = places.get(Number(index)) ?? {};
    if (!put(place, ['value', ...path], own(attributes, name))) continue;
    places.set(Number(index), place);
    used.add(name);
  }
  if (places.size === 0) return undefined;
  return [...places].sort(([a], [b]) => a - b).map(([, { value }]) => value);
}

/** Sets a field of a field; false where something else is in the way. */
function put(place: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  const inner = path.slice(0, -1);
  let at = place;
  for (const name of inner) {
    const next = own(at, name) ?? Object.create(null);
    if (!isObject(next)) return false;
    setOwn(at, name, next);
    at = next;
  }
  const last = path.at(-1) ?? '';
  if (Object.hasOwn(at, last)) return false;
  // Later names may go on into it.
  setOwn(at, last, isObject(value) ? { ...value } : value);
  return true;
}

/** Also where the name is `__proto__`. */
function setOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** The same attributes, with objects for JSON texts: so that what is redacted by its path is found in there, too. */
export function parsedAll(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, asData(value)]),
  );
}

function asData(value: unknown): unknown {
  return Array.isArray(value) ? value.map(parsed) : parsed(value);
}

/**
 * The object or the list that stands in an attribute as JSON text, since attributes hold no objects; any other value as it is.
 * An integer that a double would round becomes a text; where the runtime does not tell the text of a number, the whole
 * stays one.
 */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > MAX_JSON_LENGTH || !/^\s*[[{]/.test(value)) {
    return value;
  }
  let isExact = true;
  const data = tried(() =>
    JSON.parse(value, (_, field: unknown, context?: { readonly source?: string }) => {
      if (!Number.isInteger(field) || Number.isSafeInteger(field)) return field;
      isExact &&= context?.source !== undefined;
      return context?.source;
    }),
  );
  return data === undefined || !isExact ? value : data;
}

/** A count, which OTLP writes as a text; undefined where a number would round it. */
export function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) ? count : undefined;
}
