// What answers show of a run beside its details, and what they make of its schemas. Every view is a new object, so that
// a stored answer does not change with the record; payloads are shared, since nobody changes them.

import type { Fields } from '../wire/items.ts';
import type { Control } from '../wire/outputs.ts';
import type { Instance, ShownSchema } from './records.ts';
import type { Store } from './store.ts';

export function instanceDetails({ details, spans, quality, schemas }: Instance): Fields {
  const counts = { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 };
  for (const span of spans) counts[span.details.status] += 1;
  const finished = counts.complete + counts.failed + counts.cancelled;
  const summaries: [string, string][] = [];
  for (const [name, payload] of quality) {
    const summary = summaryOf(schemas.get(qualityType(name)), payload);
    if (summary !== null) summaries.push([name, summary]);
  }
  return {
    ...details,
    span_counts: { total: spans.length, ...counts, finished },
    quality_payloads: Object.fromEntries(quality),
    quality_summaries: Object.fromEntries(summaries),
  };
}

/** Beside `details` of span answers once the run was ended, or always if the options say so. */
export function controlOf({ options }: Store, { details }: Instance): Control | undefined {
  if (details.status === 'terminated') {
    return { terminate: true, reason: details.termination_reason };
  }
  return options.alwaysControl ? { terminate: false, reason: null } : undefined;
}

/** Quality schemas stand beside the span types under a name that no span type can have. */
export function qualityType(name: string): string {
  return `\u0000quality ${name}`;
}

/**
 * The template of the schema, with `{{field}}` filled in. The Liquid that TypeScript allows beyond it is left as it
 * stands.
 */
export function summaryOf(schema: ShownSchema | undefined, payload: Fields): string | null {
  if (schema?.template === undefined) return null;
  return schema.template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
