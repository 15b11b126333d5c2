// Records as the API shows them (docs/internals/api.md, "Span records" and "Run records"). Every view is a new object,
// so that a stored answer does not change with the record; payloads are shared, since nobody changes them.

import type { Fields } from '../wire/items.ts';
import type { Control } from '../wire/outputs.ts';
import type { Instance, NamedRecord, Span } from './records.ts';
import type { Store } from './store.ts';

export function spanDetails(store: Store, span: Span): Fields {
  const { instance } = span;
  const type = instance.schemas.types.get(span.schemaName);
  return {
    type: 'agent_span',
    id: span.id,
    account_id: store.accountId,
    agent_id: instance.agentId,
    agent_instance_id: instance.id,
    parent_span_id: span.parentId,
    schema_name: span.schemaName,
    schema_title: type?.title ?? span.schemaName,
    status: span.status,
    payload: span.payload,
    result_payload: span.result,
    summary: type?.template === undefined ? null : render(type.template, span.payload),
    started_at: span.startedAt,
    finished_at: span.finishedAt,
    sensitive_encoding: span.sensitive,
    payload_byte_size_estimate: span.bytes,
    purpose: 'activity',
    data_risk: null,
    inserted_at: span.insertedAt,
    updated_at: span.updatedAt,
  };
}

/** An entry of `agent_spans/list`; the risk fields show up there only (docs/internals/api.md, "Span records"). */
export function spanSummary(store: Store, span: Span): Fields {
  return { ...spanDetails(store, span), risk_level: null, risk_score: null };
}

export function instanceDetails(store: Store, instance: Instance): Fields {
  const { counts } = instance;
  const finished = counts.complete + counts.failed + counts.cancelled;
  return {
    type: 'agent_instance',
    id: instance.id,
    account_id: store.accountId,
    agent_id: instance.agentId,
    agent_version_id: instance.versionId,
    environment_id: instance.environmentId,
    agent_deployment_id: store.deploymentId,
    status: instance.status,
    inserted_at: instance.insertedAt,
    updated_at: instance.updatedAt,
    started_at: instance.startedAt,
    finished_at: instance.finishedAt,
    termination_reason: instance.terminationReason,
    span_counts: { total: instance.spans.length, ...counts, finished },
    purpose: instance.purpose,
    quality_payloads: Object.fromEntries(instance.quality),
    quality_summaries: qualitySummaries(instance),
    // Later additions, of which only the names are known.
    external_identifier: instance.externalIdentifier,
    last_activity_span_at: null,
    raised_alert_count: null,
    cost_breakdown: null,
    risk_score: null,
    span_schema_counts: null,
  };
}

export function namedDetails(type: string, record: NamedRecord): Fields {
  return { ...record.fields, type, id: record.id, inserted_at: record.insertedAt };
}

/** Beside `details` of span answers once the run was ended, or always if the options say so. */
export function controlOf(store: Store, instance: Instance): Control | undefined {
  if (instance.status === 'terminated') {
    return { terminate: true, reason: instance.terminationReason };
  }
  return store.options.alwaysControl ? { terminate: false, reason: null } : undefined;
}

function qualitySummaries(instance: Instance): Fields {
  const summaries: [string, string][] = [];
  for (const [name, payload] of instance.quality) {
    const template = instance.schemas.types.get(qualityType(name))?.template;
    if (template !== undefined) summaries.push([name, render(template, payload)]);
  }
  return Object.fromEntries(summaries);
}

/** Quality schemas stand beside the span types under a name that no span type can have. */
export function qualityType(name: string): string {
  return `\u0000quality ${name}`;
}

/** `{{field}}`. The Liquid that TypeScript allows beyond it is left as it stands. */
function render(template: string, payload: Fields): string {
  return template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
