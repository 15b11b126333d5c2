import type { ErrorWords } from './page-data.ts';

const MAX_CHARACTERS = 1_000;
const MAX_CAUSES = 4;
/** Fields of errors that are facts of their own, in this order. */
const factNames = [
  'code',
  'apiCode',
  'status',
  'maybeApplied',
  'limit',
  'attempts',
  'bound',
  'problem',
  'resourceId',
  'requestId',
  'idempotencyKey',
];

/** An error and what it was caused by, in words of a bounded length. Whatever it is, nothing is thrown. */
export function wordsOf(error: unknown): readonly [ErrorWords, ...ErrorWords[]] {
  const causes: ErrorWords[] = [];
  let cause = fieldOf(error, 'cause');
  while (cause !== undefined && cause !== null && causes.length < MAX_CAUSES) {
    causes.push(wordsOfOne(cause));
    cause = fieldOf(cause, 'cause');
  }
  return [wordsOfOne(error), ...causes];
}

/** A field of something that the user's own code may have made. */
export function fieldOf(value: unknown, name: string): unknown {
  try {
    return Object(value)[name];
  } catch {
    return undefined;
  }
}

function wordsOfOne(error: unknown): ErrorWords {
  const facts: Record<string, string> = {};
  for (const name of factNames) {
    const value = fieldOf(error, name);
    if (['string', 'number', 'boolean'].includes(typeof value)) facts[name] = shortened(value);
  }
  const fields = fieldOf(error, 'errors') ?? fieldOf(error, 'issues');
  if (typeof fields === 'object' && fields !== null) facts['fields'] = shortened(asJson(fields));
  const name = fieldOf(error, 'name');
  const message = fieldOf(error, 'message');
  return {
    name: typeof name === 'string' ? shortened(name) : typeof error,
    message: shortened(typeof message === 'string' ? message : asText(error)),
    facts,
  };
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'something that cannot be shown';
  }
}

function shortened(value: unknown): string {
  const text = String(value);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
}
