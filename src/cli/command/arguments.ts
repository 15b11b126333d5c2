import type { ParseArgsOptionsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { nearest } from '../../lib/nearest.ts';
import { CommandFailure, exitCodes } from './failure.ts';

/** An option's value, as text on the command line. */
export interface Value<T> {
  /** Its values are lists, and the option may be given more than once. */
  readonly isList?: true;
  /** Ends the sentence "--rtt takes ..." */
  readonly takes: string;
  /** Undefined where the text is none of what it takes. */
  read(text: string): T | undefined;
}

/** The options of a command by name: `'flag'`, or what it takes. */
export type OptionTable = Readonly<Record<string, 'flag' | Value<unknown>>>;

/** Undefined where an option was not given; a flag is false then. */
type Options<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Value<infer T> ? T | undefined : boolean;
};

export interface CommandLine<Table extends OptionTable> {
  readonly options: Options<Table>;
  readonly positionals: readonly string[];
}

/** Any text. */
export function text(what: string): Value<string> {
  return { takes: what, read: (given) => (given === '' ? undefined : given) };
}

/** One of some words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Value<Word> {
  return {
    takes: words.map((word) => `"${word}"`).join(' or '),
    read: (given) => words.find((word) => word === given),
  };
}

/** Names, separated by commas; may be given more than once. */
export function names(what: string): Value<readonly string[]> {
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
export function time(): Value<number> {
  return {
    takes: 'a time such as 2026-09-01T08:00:00Z',
    read: (given) => {
      const ms = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
      return Number.isNaN(ms) ? undefined : ms;
    },
  };
}

export interface Range {
  readonly min: number;
  /** @default no bound */
  readonly max?: number;
  /** Ends the range: `'milliseconds'`. */
  readonly unit?: string;
  readonly whole?: boolean;
}

/** A number within a range. */
export function number({ min, max, unit, whole = false }: Range): Value<number> {
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

/** What either of two takes. */
export function either<A, B>(one: Value<A>, other: Value<B>): Value<A | B> {
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
export function readCommandLine<Table extends OptionTable>(
  command: string,
  args: readonly string[],
  table: Table,
): CommandLine<Table> {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries(Object.entries(table).map(([name, kind]) => [name, typeOf(kind)])),
    allowPositionals: true,
    strict: false, // the sentences are ours
    tokens: true,
  });
  const given = new Map<string, unknown>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const reading = readOption(token, given.get(token.name), table);
    if ('wrong' in reading) throw wrongUsage(command, reading.wrong);
    given.set(token.name, reading.value);
  }
  const options = Object.fromEntries(
    Object.entries(table).map(([name, kind]) => [
      name,
      given.get(name) ?? (kind === 'flag' ? false : undefined),
    ]),
  );
  return { options: options as Options<Table>, positionals };
}

/** An option as it stands on the command line. */
interface GivenOption {
  readonly name: string;
  /** With its dashes. */
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** Its value, with what was given of it before; or a sentence about what is wrong with it. */
function readOption(
  { name, rawName, value, inlineValue }: GivenOption,
  before: unknown,
  table: OptionTable,
): { readonly value: unknown } | { readonly wrong: string } {
  const kind = Object.hasOwn(table, name) ? table[name] : undefined;
  if (kind === undefined) {
    const meant = nearest(name, Object.keys(table));
    return {
      wrong: `There is no option ${rawName}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`,
    };
  }
  const isList = kind !== 'flag' && kind.isList;
  if (before !== undefined && !isList) return { wrong: `${rawName} is given twice.` };
  if (kind === 'flag') {
    return value === undefined ? { value: true } : { wrong: `${rawName} takes no value.` };
  }
  // What looks like the next option is no value, or its absence would go unnoticed.
  if (value === undefined || (inlineValue === false && /^--?[a-z]/.test(value))) {
    return { wrong: `${rawName} takes ${kind.takes}: its value is missing.` };
  }
  const read = kind.read(value);
  if (read === undefined) return { wrong: `${rawName} takes ${kind.takes}, not "${value}".` };
  return { value: before === undefined ? read : [before, read].flat() };
}

/** A command line that cannot be meant so. */
export function wrongUsage(command: string, sentence: string): CommandFailure {
  return new CommandFailure(
    `${sentence} See: prefactor-autobatch ${command} --help`,
    exitCodes.usage,
  );
}

function typeOf(kind: 'flag' | Value<unknown>): ParseArgsOptionsConfig[string] {
  return { type: kind === 'flag' ? 'boolean' : 'string' };
}
