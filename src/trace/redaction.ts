/** Which fields below a value are redacted, and what that means for the fields below those. */
export interface Redaction {
  /** Undefined: the field of that name is redacted, so it must not even be read. */
  below(name: string): Redaction | undefined;
}

export const REDACTED = '[redacted]';

/** A path is looked for in so many characters of a name. */
const MAX_NAME_LENGTH = 1_000;

/** What begins with the message that stands beside it: `stack`, `exception.stacktrace`. */
const stackName = /(?<=^|\.)stack(?:_?trace)?$/;

/** Nothing is redacted. */
export const noRedaction: Redaction = { below: () => noRedaction };

/**
 * Paths such as `headers.authorization`, `messages.*.content` and `**.password`: `*` stands for one name or place, `**`
 * for any number of them. Case does not count, so that `authorization` covers `Authorization`. A name with dots, such as
 * `gen_ai.prompt`, counts as several, so that nobody needs to know which of the two a library writes.
 */
export function redactionOf(paths: readonly string[]): Redaction {
  if (paths.length === 0) return noRedaction;
  return new OpenPaths(paths.map((path) => ({ names: path.toLowerCase().split('.'), at: 0 })));
}

/**
 * Of a list of pairs, some of which have names: what such a name stands for is redacted by both the name and its place, so
 * that nobody needs to know how a Map is recorded.
 */
export function ofPairs(redaction: Redaction, names: readonly (string | undefined)[]): Redaction {
  return {
    below: (place) => {
      const pair = redaction.below(place);
      const name = names[Number(place)];
      if (pair === undefined || name === undefined) return pair;
      const named = redaction.below(name);
      return { below: (part) => (part === '1' ? both(pair.below(part), named) : pair.below(part)) };
    },
  };
}

function both(one: Redaction | undefined, other: Redaction | undefined): Redaction | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { below: (name) => both(one.below(name), other.below(name)) };
}

/** What is wrong with a path, to follow it in a message; undefined: nothing. */
export function problemOfPath(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '') return "must be a text such as 'headers.cookie'";
  const names = path.split('.');
  if (names.includes('')) return 'has an empty name: write one dot between two names';
  if (names.at(-1) === '**') return "ends with '**': name what to redact, such as '**.password'";
  const wrong = names.find(
    (name) => /[[\]]/.test(name) || (/\*/.test(name) && !/^\*\*?$/.test(name)),
  );
  if (wrong === undefined) return undefined;
  return `has the name '${wrong}': a name stands for itself, '*' for any one, '**' for any number of them; places of a list are names, too: 'messages.0.content'`;
}

/** A path, and how many of its names have been found. */
interface OpenPath {
  readonly names: readonly string[];
  readonly at: number;
}

class OpenPaths implements Redaction {
  readonly #paths: readonly OpenPath[];

  constructor(paths: readonly OpenPath[]) {
    this.#paths = paths;
  }

  below(name: string): Redaction | undefined {
    const known = name.slice(0, MAX_NAME_LENGTH).toLowerCase();
    // Who redacts a message redacts the stack that repeats it.
    const message = known.replace(stackName, 'message');
    if (message !== known && this.#below(message) === undefined) return undefined;
    return this.#below(known);
  }

  #below(name: string): Redaction | undefined {
    let paths = this.#paths;
    for (const part of name.split('.')) {
      const next: OpenPath[] = [];
      for (const path of paths) follow(path, part, next);
      if (next.some(({ names, at }) => at === names.length)) return undefined;
      paths = next;
    }
    return paths.length === 0 ? noRedaction : new OpenPaths(paths);
  }
}

/** Adds what is left of a path below a name, once: several ways may lead there. */
function follow({ names, at }: OpenPath, name: string, found: OpenPath[]): void {
  const add = (next: number): void => {
    if (!found.some((path) => path.names === names && path.at === next)) {
      found.push({ names, at: next });
    }
  };
  const wanted = names[at];
  if (wanted === '**') {
    add(at);
    follow({ names, at: at + 1 }, name, found);
  } else if (wanted === '*' || wanted === name) {
    add(at + 1);
  }
}
