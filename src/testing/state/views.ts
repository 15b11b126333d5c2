// What answers show beside the details of a record. Each view is a new object, so that a stored answer does not change
// with the record. Payloads are shared: they never change.

import type { Control, Fields } from '../wire/items-outputs.ts';
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

/** In the answers of spans, once the run was ended, or with `alwaysControl`. */
export function controlOf({ options }: Store, { details }: Instance): Control | undefined {
  if (details.status === 'terminated') {
    return { terminate: true, reason: details.termination_reason };
  }
  return options.alwaysControl ? { terminate: false, reason: null } : undefined;
}

/** A quality's name among the span types: none of those can be called that. */
export function qualityType(name: string): string {
  return `\u0000quality ${name}`;
}

/** Fills each `{{field}}` of the template. More of Liquid, which TypeScript allows, is left as it stands. */
export function summaryOf(schema: ShownSchema | undefined, payload: Fields): string | null {
  if (schema?.template === undefined) return null;
  return schema.template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
