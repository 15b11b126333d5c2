import type { Attributes } from '@opentelemetry/api';
import { parsedAll } from '../genai/attribute-values.ts';
import { isObject } from '../lib/own-fields.ts';
import { tried } from '../lib/user-code.ts';
import type { Redaction } from '../trace/redaction.ts';
import { noRedaction, REDACTED } from '../trace/redaction.ts';

/**
 * Attributes as data, without what is redacted by the names that instrumentations have given them: the table of names moves
 * many to where those paths would not find them.
 */
export function redactedData(
  attributes: Attributes,
  redaction: Redaction | undefined,
): Readonly<Record<string, unknown>> {
  const data = parsedAll(attributes);
  if (redaction === noRedaction) return data;
  // What is too deep to look into is not recorded.
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      tried(() => redacted(value, redaction?.below(name))) ?? REDACTED,
    ]),
  );
}

function redacted(value: unknown, redaction: Redaction | undefined): unknown {
  if (redaction === undefined) return REDACTED;
  if (redaction === noRedaction) return value;
  if (Array.isArray(value)) {
    return value.map((one, place) => redacted(one, redaction.below(String(place))));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, redacted(field, redaction.below(name))]),
  );
}
