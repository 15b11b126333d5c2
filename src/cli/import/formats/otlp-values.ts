import type { JsonObject } from '../../../recordings/actions/json.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';

/** Attributes by name: OTLP has them as a list of keys and values, some dumps as pairs, others as an object. */
export function attributesOf(value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  if (!Array.isArray(value)) return {};
  const entries = value.flatMap((entry): [string, unknown][] => {
    if (Array.isArray(entry)) return [[String(entry[0]), entry[1]]];
    return isJsonObject(entry) ? [[String(entry['key']), heldBy(entry['value'])]] : [];
  });
  return Object.fromEntries(entries);
}

/** What an AnyValue holds. */
function heldBy(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const [entry] = Object.entries(value);
  if (entry === undefined) return null;
  const [name, held] = entry;
  switch (name.replace('_v', 'V')) {
    case 'intValue':
      return integerOf(held);
    case 'arrayValue':
      return isJsonObject(held) && Array.isArray(held['values']) ? held['values'].map(heldBy) : [];
    case 'kvlistValue':
      return attributesOf(isJsonObject(held) ? held['values'] : undefined);
    default:
      return held;
  }
}

/** OTLP writes integers of 64 bits as texts. What a number holds becomes one, the rest stays a text: it is never rounded. */
function integerOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^-?\d{1,16}$/.test(value)) return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/**
 * An id of so many bytes in lower-case hexadecimal; Python's dumps put 0x in front of it, and JSON of Protocol Buffers has it
 * in base64. Only zeros: none. What is none of these is left as it is.
 */
export function hexOf(value: unknown, bytes: 8 | 16): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/^0x/, '');
  const isBase64 = text.length === 4 * Math.ceil(bytes / 3) && /^[\w+/-]+={0,2}$/.test(text);
  const hex = isBase64 ? Buffer.from(text, 'base64').toString('hex') : text;
  if (/^0*$/.test(hex)) return undefined;
  return /^[\da-f]+$/i.test(hex) ? hex.toLowerCase() : hex;
}
