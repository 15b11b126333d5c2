// Reads the fields of an action one by one and notes what is wrong with them, so that one error lists all of it.

import type { Fields } from '../wire/items.ts';
import { isObject } from '../wire/items.ts';
import { isPfid } from '../wire/pfid.ts';
import type { EmulatedAction } from './action-handler.ts';

/** `nullable` fields may be left out as well. */
export type Need = 'required' | 'optional' | 'nullable';

/**
 * Reads the fields of one object. Each method gives the value if it is there and right; what is
 * missing, null or wrong reads as `undefined`, and the last is noted.
 */
export class FieldReader {
  readonly #action: EmulatedAction;
  readonly #fields: Fields;
  readonly #prefix: string;
  readonly #names: string[] = [];

  /**
   * @param fields Those of an object within the action, else its own.
   * @param prefix Goes before their names in problems, such as `agent_version.`.
   */
  constructor(action: EmulatedAction, fields: Fields = action.fields, prefix = '') {
    this.#action = action;
    this.#fields = fields;
    this.#prefix = prefix;
  }

  string(name: string, need: Need): string | undefined {
    return this.#read(name, need, isString, 'must be a string');
  }

  /** A string that names something, so not an empty one. */
  name(name: string, need: Need): string | undefined {
    const value = this.string(name, need);
    return value === '' ? this.#wrong(name, "can't be blank") : value;
  }

  id(name: string, need: Need): string | undefined {
    return this.#read(name, need, isPfid, 'is not a valid id');
  }

  timestamp(name: string, need: Need): string | undefined {
    return this.#read(name, need, isTimestamp, 'is not an ISO 8601 timestamp');
  }

  boolean(name: string, need: Need): boolean | undefined {
    return this.#read(name, need, isBoolean, 'must be a boolean');
  }

  object(name: string, need: Need): Fields | undefined {
    return this.#read(name, need, isObject, 'must be an object');
  }

  array(name: string, need: Need): readonly unknown[] | undefined {
    return this.#read(name, need, Array.isArray, 'must be an array');
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], need: Need): Word | undefined {
    const isWord = (value: unknown): value is Word => words.some((word) => word === value);
    return this.#read(name, need, isWord, `must be one of: ${words.join(', ')}`);
  }

  /**
   * Drops the fields that were not read, as the API does (docs/internals/api.md, "Actions"), and reports them; where the option
   * `strict` is set, refuses them.
   *
   * @param known Names that are not read, and yet known.
   * @param below Goes before the names in the report, where problems go without, such as `details.`.
   */
  dropOthers(known: readonly string[] = [], below = ''): void {
    const action = this.#action;
    for (const field of Object.keys(this.#fields)) {
      if (this.#names.includes(field) || known.includes(field)) continue;
      const name = this.#prefix + field;
      if (action.store.options.strict) {
        action.breach(`Unknown field "${below}${name}"`);
        action.problems.add(name, 'is not a known field');
      } else {
        action.unknownField(below + name);
      }
    }
  }

  #read<Value>(
    name: string,
    need: Need,
    isRight: (value: unknown) => value is Value,
    problem: string,
  ): Value | undefined {
    this.#names.push(name);
    const value = this.#fields[name];
    if (value === undefined) {
      return need === 'required' ? this.#wrong(name, 'is required') : undefined;
    }
    if (value === null) {
      return need === 'nullable' ? undefined : this.#wrong(name, "can't be null");
    }
    return isRight(value) ? value : this.#wrong(name, problem);
  }

  #wrong(name: string, problem: string): undefined {
    this.#action.problems.add(this.#prefix + name, problem);
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
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
