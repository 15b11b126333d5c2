// Reads fields one by one and notes what is wrong with them, so that one error lists all of it.

import type { Fields } from '../wire/items.ts';
import { isPfid } from '../wire/pfid.ts';

/** `nullable` fields may be left out as well. */
export type Need = 'required' | 'optional' | 'nullable';

/** What is wrong, by field: a list of sentences each, as in the mocks (docs/internals/api.md, "Error body"). */
export class Problems {
  #found: Map<string, string[]> | undefined;

  get any(): boolean {
    return this.#found !== undefined;
  }

  add(field: string, problem: string): void {
    this.#found ??= new Map();
    const known = this.#found.get(field);
    if (known === undefined) this.#found.set(field, [problem]);
    else known.push(problem);
  }

  toErrors(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.#found ?? []);
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface ReadFields {
  readonly fields: Fields;
  readonly problems: Problems;
  /** Goes before the names in `problems`, such as `agent_version.`. @default '' */
  readonly at?: string;
}

/**
 * Reads the fields of one object. Each method gives the value if it is there and right; what is
 * missing, null or wrong reads as `undefined`, and the last is noted.
 */
export class FieldReader {
  readonly #fields: Fields;
  readonly #problems: Problems;
  readonly #prefix: string;

  constructor({ fields, problems, at = '' }: ReadFields) {
    this.#fields = fields;
    this.#problems = problems;
    this.#prefix = at;
  }

  string(name: string, need: Need): string | undefined {
    const value = this.#present(name, need);
    if (value === undefined || typeof value === 'string') return value;
    return this.#wrong(name, 'must be a string');
  }

  /** A string that names something, so not an empty one. */
  name(name: string, need: Need): string | undefined {
    const value = this.string(name, need);
    return value === '' ? this.#wrong(name, "can't be blank") : value;
  }

  id(name: string, need: Need): string | undefined {
    const value = this.#present(name, need);
    if (value === undefined || isPfid(value)) return value;
    return this.#wrong(name, 'is not a valid id');
  }

  timestamp(name: string, need: Need): string | undefined {
    const value = this.#present(name, need);
    if (value === undefined || isTimestamp(value)) return value;
    return this.#wrong(name, 'is not an ISO 8601 timestamp');
  }

  boolean(name: string, need: Need): boolean | undefined {
    const value = this.#present(name, need);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(name, 'must be a boolean');
  }

  object(name: string, need: Need): Fields | undefined {
    const value = this.#present(name, need);
    if (value === undefined || isObject(value)) return value;
    return this.#wrong(name, 'must be an object');
  }

  array(name: string, need: Need): readonly unknown[] | undefined {
    const value = this.#present(name, need);
    if (value === undefined || Array.isArray(value)) return value;
    return this.#wrong(name, 'must be an array');
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], need: Need): Word | undefined {
    const value = this.#present(name, need);
    if (value === undefined) return undefined;
    const word = words.find((candidate) => candidate === value);
    return word ?? this.#wrong(name, `must be one of: ${words.join(', ')}`);
  }

  /** The fields that are not among `known`. */
  unknown(known: ReadonlySet<string>): string[] {
    const names: string[] = [];
    for (const name of Object.keys(this.#fields)) {
      if (!known.has(name)) names.push(this.#prefix + name);
    }
    return names;
  }

  #present(name: string, need: Need): unknown {
    const value = this.#fields[name];
    if (value === undefined) {
      if (need === 'required') this.#wrong(name, 'is required');
      return undefined;
    }
    if (value === null) {
      if (need !== 'nullable') this.#wrong(name, "can't be null");
      return undefined;
    }
    return value;
  }

  #wrong(name: string, problem: string): undefined {
    this.#problems.add(this.#prefix + name, problem);
    return undefined;
  }
}

// ISO 8601 (docs/internals/api.md, "Creating a span"); TypeScript sends UTC milliseconds, Python an offset. So a zone
// is a must.
const TIMESTAMP =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function isTimestamp(value: unknown): value is string {
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (match === null) return false;
  const day = Number(match[3]);
  return day <= 28 || day <= daysOf(Number(match[1]), Number(match[2]));
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
