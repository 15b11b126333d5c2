import { parseArgs } from 'node:util';
import { nearest } from '../../lib/nearest.ts';
import { readTime } from '../../recordings/actions/recorded-time.ts';
import { wrongUsage } from './failures-exit-codes.ts';

/** A kind of value, given as text on the command line. */
export interface ValueKind<T> {
  /** Ends the sentence "--rtt takes ..." */
  readonly takes: string;
  /** Undefined for any other text. */
  read(text: string): T | undefined;
  /** Its values are lists, and the option may be given more than once. */
  readonly isList?: true;
}

export interface Option<T> {
  /** Its value in the help: `MS`. A flag has none. */
  readonly value?: string;
  readonly kind?: ValueKind<unknown>;
  readonly help: string;
  /** Its value where it is not given. */
  readonly fallback: T;
  /** Printed above it in the help, for the first option of a group. */
  readonly heading?: string;
}

/** The options of a command by name, in the order of its help. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never;
};

export function flag(help: string): Option<boolean> {
  return { help, fallback: false };
}

/** An option with a value. The help shows its `fallback`, where it has one. */
export function option<T, Fallback extends T | undefined = undefined>(
  value: string,
  kind: ValueKind<T>,
  help: string,
  fallback?: Fallback,
): Option<T | Fallback> {
  return { value, kind, help, fallback: fallback as Fallback };
}

/** The same options, with a heading above the first of them in the help. */
export function group<Table extends OptionTable>(heading: string, options: Table): Table {
  const [first = ''] = Object.keys(options);
  return { ...options, [first]: { ...options[first], heading } };
}

export function text(what: string): ValueKind<string> {
  return { takes: what, read: (given) => (given === '' ? undefined : given) };
}

export function oneOf<Word extends string>(...words: readonly Word[]): ValueKind<Word> {
  return {
    takes: words.map((word) => `"${word}"`).join(' or '),
    read: (given) => words.find((word) => word === given),
  };
}

/** Names, separated by commas; may be given more than once. */
export function names(what: string): ValueKind<readonly string[]> {
  return {
    takes: what,
    read: (given) => {
      const all = given.split(',').map((name) => name.trim());
      return all.includes('') ? undefined : all;
    },
    isList: true,
  };
}

/** A time, as milliseconds since 1970. */
export const time: ValueKind<number> = {
  takes: 'a time such as 2026-09-01T08:00:00Z',
  read: readTime,
};

export interface NumberRange {
  readonly min: number;
  /** @default no bound */
  readonly max?: number;
  /** Follows "a number of". */
  readonly unit?: string;
  readonly whole?: boolean;
}

export function number({ min, max, unit, whole = false }: NumberRange): ValueKind<number> {
  const range = max === undefined ? `${min} or more` : `from ${min} to ${max}`;
  return {
    takes: `${whole ? 'a whole number' : 'a number'}${unit === undefined ? '' : ` of ${unit}`}, ${range}`,
    read(given) {
      const value = given.trim() === '' ? Number.NaN : Number(given);
      const fits = Number.isFinite(value) && value >= min && value <= (max ?? value);
      return fits && (!whole || Number.isInteger(value)) ? value : undefined;
    },
  };
}

export function either<A, B>(one: ValueKind<A>, other: ValueKind<B>): ValueKind<A | B> {
  return {
    takes: `${one.takes}, or ${other.takes}`,
    read: (given) => one.read(given) ?? other.read(given),
  };
}

/**
 * Reads what stands after the name of a command.
 *
 * @throws {CommandFailure} with the exit code for a wrong command line.
 */
export function readArguments<Table extends OptionTable>(
  command: string,
  args: readonly string[],
  table: Table,
): { readonly values: OptionValues<Table>; readonly positionals: readonly string[] } {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: mapValues(table, ({ kind }) => ({ type: kind === undefined ? 'boolean' : 'string' })),
    allowPositionals: true,
    strict: false, // our sentences say more than those of parseArgs
    tokens: true,
  });
  const values: Record<string, unknown> = mapValues(table, ({ fallback }) => fallback);
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const known = Object.hasOwn(table, name) ? table[name] : undefined;
    if (known === undefined) {
      const meant = nearest(name, Object.keys(table));
      const advice = meant === undefined ? '' : ` Did you mean --${meant}?`;
      throw wrongUsage(command, `There is no option ${rawName}.${advice}`);
    }
    const isAgain = given.has(name);
    if (isAgain && !known.kind?.isList) throw wrongUsage(command, `${rawName} is given twice.`);
    const read = readValue(token.value, token.inlineValue === false, known.kind);
    if ('wrong' in read) throw wrongUsage(command, `${rawName} takes ${read.wrong}`);
    values[name] = isAgain ? [values[name], read.value].flat() : read.value;
    given.add(name);
  }
  return { values: values as OptionValues<Table>, positionals };
}

/** The value of an option, or the end of a sentence about its problem: "--rtt takes ..." `isApart`: no equals sign joins them. */
function readValue(
  value: string | undefined,
  isApart: boolean,
  kind: ValueKind<unknown> | undefined,
): { readonly value: unknown } | { readonly wrong: string } {
  if (kind === undefined) return value === undefined ? { value: true } : { wrong: 'no value.' };
  // What looks like the next option is not taken as a value: else a missing value would go unnoticed.
  if (value === undefined || (isApart && /^--?[a-z]/.test(value))) {
    return { wrong: `${kind.takes}: its value is missing.` };
  }
  const read = kind.read(value);
  return read === undefined ? { wrong: `${kind.takes}, not "${value}".` } : { value: read };
}

function mapValues<T>(table: OptionTable, map: (option: Option<unknown>) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([name, one]) => [name, map(one)]));
}
