// What the handler of an action is given: the item that runs, and the store. In each handler all checks come before the
// first change: so an action is a transaction of its own (docs/internals/api.md, "Processing"), and nothing ever needs to
// be undone.

import type { RequestNotes } from '../report/report.ts';
import type { Store } from '../state/store.ts';
import type { ActionResult } from '../wire/action-results.ts';
import { failure } from '../wire/action-results.ts';
import { errorLike, errorOutput } from '../wire/errors.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import { isFields } from '../wire/items.ts';
import { isPfid } from '../wire/pfid.ts';

export type ActionHandler = (action: EmulatedAction) => ActionResult;

/** `nullable` fields may be left out as well. */
type FieldNeed = 'required' | 'optional' | 'nullable';
type FieldValue<N extends FieldNeed, Value> = N extends 'required' ? Value : Value | undefined;

/**
 * Each method reads one field. A field that is missing, null or wrong reads as `undefined`; if it is required, as an
 * empty value, which is never used, since the action is refused. One error lists all that is wrong.
 */
export class EmulatedAction {
  readonly store: Store;
  readonly item: EmulatedItem;
  readonly #request: RequestNotes;
  readonly #prefix: string;
  readonly #read: string[] = [];
  readonly #problems: Map<string, string[]>;

  constructor(
    store: Store,
    item: EmulatedItem,
    request: RequestNotes,
    prefix = '',
    problems: Map<string, string[]> = new Map(),
  ) {
    this.store = store;
    this.item = item;
    this.#request = request;
    this.#prefix = prefix;
    this.#problems = problems;
  }

  get fields(): Fields {
    return this.item.fields;
  }

  /** Sentences by field, as in the mocks (docs/internals/api.md, "Error body"). */
  get problems(): Readonly<Record<string, readonly string[]>> | undefined {
    return this.#problems.size === 0 ? undefined : Object.fromEntries(this.#problems);
  }

  /** For the fields of an object within it. Problems name them with the prefix. */
  within(fields: Fields, prefix: string): EmulatedAction {
    const item = { ...this.item, fields };
    const names = this.#prefix + prefix;
    return new EmulatedAction(this.store, item, this.#request, names, this.#problems);
  }

  /** The same, for the object in a field, if there is one. */
  inner(name: string, need: FieldNeed, prefix = `${name}.`): EmulatedAction | undefined {
    this.object(name, need);
    const fields = this.fields[name];
    return isFields(fields) ? this.within(fields, prefix) : undefined;
  }

  string<N extends FieldNeed>(name: string, need: N): FieldValue<N, string> {
    return this.#take(name, need, (value) => typeof value === 'string', 'must be a string', '');
  }

  /** A string that is not empty. */
  name<N extends FieldNeed>(name: string, need: N): FieldValue<N, string> {
    if (this.fields[name] === '') this.wrong(name, "can't be blank");
    return this.string(name, need);
  }

  id<N extends FieldNeed>(name: string, need: N): FieldValue<N, string> {
    return this.#take(name, need, isPfid, 'is not a valid id', '');
  }

  timestamp<N extends FieldNeed>(name: string, need: N): FieldValue<N, string> {
    return this.#take(name, need, isTimestamp, 'is not an ISO 8601 timestamp', '');
  }

  boolean<N extends FieldNeed>(name: string, need: N): FieldValue<N, boolean> {
    return this.#take(
      name,
      need,
      (value) => typeof value === 'boolean',
      'must be a boolean',
      false,
    );
  }

  object<N extends FieldNeed>(name: string, need: N): FieldValue<N, Fields> {
    return this.#take(name, need, isFields, 'must be an object', {});
  }

  array<N extends FieldNeed>(name: string, need: N): FieldValue<N, readonly unknown[]> {
    return this.#take<N, readonly unknown[]>(name, need, Array.isArray, 'must be an array', []);
  }

  oneOf<Word extends string, N extends FieldNeed>(
    name: string,
    words: readonly Word[],
    need: N,
  ): FieldValue<N, Word> {
    const isWord = (value: unknown): value is Word => words.some((word) => word === value);
    return this.#take(name, need, isWord, `must be one of: ${words.join(', ')}`, words[0] as Word);
  }

  /** What a span or an instance ends in (docs/internals/api.md, "Status"). */
  finishStatus(): 'complete' | 'failed' | 'cancelled' {
    return this.oneOf('status', ['complete', 'failed', 'cancelled'], 'optional') ?? 'complete';
  }

  /**
   * Drops and reports the fields that were not read, as the API does (docs/internals/api.md, "Actions"). With the
   * option `strict` it refuses them.
   *
   * @param known Fields that need not be read.
   * @param below A prefix for the report alone, such as `details.`.
   */
  dropOthers(known: readonly string[] = [], below = ''): void {
    for (const field of Object.keys(this.fields)) {
      if (this.#read.includes(field) || known.includes(field)) continue;
      const name = below + this.#prefix + field;
      if (this.store.options.strict) {
        this.breach(`Unknown field "${name}"`);
        this.wrong(field, 'is not a known field');
      } else {
        this.#request.unknownField(`${this.item.type}: ${name}`);
      }
    }
  }

  wrong(field: string, problem: string): void {
    const name = this.#prefix + field;
    this.#problems.set(name, [...(this.#problems.get(name) ?? []), problem]);
  }

  /** @param id Empty if it is one of the wrong fields. */
  invalid(message: string, id: string | null): ActionResult {
    const { problems: errors } = this;
    return failure(errorOutput('validation_errors', message, { errors }), id === '' ? null : id);
  }

  /** For a create whose id is there already. What the API says then is **unknown** (docs/internals/api.md, "Ids"). */
  taken(message: string, id: string): ActionResult {
    const errors = { id: ['has already been taken'] };
    const standard = errorOutput('validation_errors', message, { errors });
    return failure(errorLike(this.store.options.takenId, standard), id);
  }

  breach(sentence: string): void {
    const { key, type } = this.item;
    this.#request.breach(`${sentence} (${key === null ? type : `${type} "${key}"`})`);
  }

  #take<N extends FieldNeed, Value>(
    name: string,
    need: N,
    isRight: (value: unknown) => value is Value,
    problem: string,
    empty: Value,
  ): FieldValue<N, Value> {
    this.#read.push(name);
    const value = this.fields[name];
    if (isRight(value)) return value;
    if (value === undefined) {
      if (need === 'required') this.wrong(name, 'is required');
    } else if (value !== null) {
      this.wrong(name, problem);
    } else if (need !== 'nullable') {
      this.wrong(name, "can't be null");
    }
    return (need === 'required' ? empty : undefined) as FieldValue<N, Value>;
  }
}

/** ISO 8601 with a zone (docs/internals/api.md, "Creating a span"): TypeScript sends UTC, Python an offset. */
function isTimestamp(value: unknown): value is string {
  const pattern =
    /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
  const match = typeof value === 'string' ? pattern.exec(value) : null;
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  // Day 0 of the next month is the last of this one.
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
