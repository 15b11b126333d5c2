// TypeScript does not know these yet; every Node that we run on does.
const json = JSON as unknown as {
  /** A value that `JSON.stringify` writes as that text. */
  rawJSON(text: string): unknown;
  parse(text: string, reviver: typeof exact): unknown;
};

/** Possible numbers that JavaScript writes otherwise. A match within a string only costs time. */
const inexact = /\d{16}|\d[eE][+-]?\d|\.\d*0\b|-0\b/;

/**
 * Like `JSON.parse`, but a number that JavaScript could not write as it stands here is written by
 * `JSON.stringify` as it stood: an integer beyond 2^53, 1e400.
 *
 * @throws {SyntaxError} when it is no JSON.
 */
export function parseExactly(text: string): unknown {
  return inexact.test(text) ? json.parse(text, exact) : JSON.parse(text);
}

function exact(_name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  const isOther =
    typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source;
  return isOther ? json.rawJSON(source) : value;
}

/** `parseExactly` keeps some numbers as text. */
export function asNumber(value: unknown): unknown {
  return isJsonObject(value) && typeof value['rawJSON'] === 'string'
    ? Number(value['rawJSON'])
    : value;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same, but an integer that a number would round is a text of its digits, for readers that know only numbers. */
export function parseWithDigits(text: string): unknown {
  return inexact.test(text) ? json.parse(text, exactOrDigits) : JSON.parse(text);
}

function exactOrDigits(
  name: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  const { source = '' } = context;
  const isRounded = typeof value === 'number' && /^-?\d+$/.test(source) && source !== String(value);
  return isRounded ? source : exact(name, value, context);
}
