// `agent_spans/*`: docs/internals/api.md, "Actions", "Creating a span", "Span records" and "Status".

import type { Instance, Span } from '../state/records.ts';
import { CREATE_STATUSES, FINISH_STATUSES, isTerminal } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import { controlOf, summaryOf } from '../state/views.ts';
import type { Fields } from '../wire/items.ts';
import { errorOutput } from '../wire/outputs.ts';
import { partitionText } from '../wire/pfid.ts';
import type { ActionResult, EmulatedAction } from './action-handler.ts';
import { failure, invalid, invalidAction, notFound, success, taken } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';

/**
 * Span fields belong into `details`. The sources are *conflicting* (docs/internals/api.md, "Actions"): Python's
 * docstring puts them flat, everything else wraps them. A flat create is taken as one without
 * `details`, so that a client that sends the form in doubt fails here and not in production.
 */
export function createSpan(action: EmulatedAction): ActionResult {
  const { store } = action;
  if (
    action.fields['agent_instance_id'] !== undefined ||
    action.fields['schema_name'] !== undefined
  ) {
    action.breach('agent_spans/create with span fields outside of details');
  }
  const item = new FieldReader(action);
  const details = item.object('details', 'required');
  item.dropOthers();
  const span = details === undefined ? undefined : readSpan(action, details);
  if (span === undefined || action.problems.any) return invalid('Invalid span', action, span?.id);

  const instance = store.instances.get(span.instanceId);
  if (instance === undefined) return notFound('Agent instance', span.id);
  const unfit = checkPlace(action, span, instance);
  if (unfit !== undefined) return unfit;

  const made = newSpan(action, span, instance);
  store.addSpan(made);
  return answer(store, made);
}

/**
 * Fields stand flat here. In a `details` wrapper they are unknown fields to the API: it answers with a
 * success, and **silently stores no result** (docs/internals/api.md, "Actions"). So
 * does the emulator, only that it reports a breach.
 */
export function finishSpan(action: EmulatedAction): ActionResult {
  const { store, fields } = action;
  if (fields['details'] !== undefined) {
    action.breach('agent_spans/finish with a details wrapper: no result is stored');
  }
  const reader = new FieldReader(action);
  const id = reader.id('agent_span_id', 'required') ?? null;
  // Any finish status is taken from pending and active alike. The docs want `cancelled` from
  // pending only; Python's notes also allow it from active (*conflicting*: docs/internals/api.md, "Status").
  const status = reader.oneOf('status', FINISH_STATUSES, 'optional') ?? 'complete';
  const result = reader.object('result_payload', 'optional');
  const timestamp = reader.timestamp('timestamp', 'optional');
  const sensitive = reader.boolean('sensitive_encoding', 'optional');
  reader.dropOthers();
  if (id === null || action.problems.any) return invalid('Invalid finish', action, id);

  const span = store.spans.get(id);
  if (span === undefined) return notFound('Agent span', id);
  const { details } = span;
  if (isTerminal(details.status)) return invalidAction(`The span is ${details.status} already`, id);

  // Its instance may have finished before: no source asks for an order of the two.
  const now = store.timestamp();
  store.finishSpan(span, status, timestamp ?? now, now);
  if (result !== undefined) {
    details.payload_byte_size_estimate += bytesOf(result) - bytesOf(details.result_payload);
    details.result_payload = result;
  }
  if (sensitive !== undefined) details.sensitive_encoding = sensitive;
  return answer(store, span);
}

/** `GET /agent_spans/{id}`. Redaction has no known form, so `redacted` changes nothing. */
export function showSpan(action: EmulatedAction): ActionResult {
  const { store } = action;
  const id = new FieldReader(action).id('agent_span_id', 'required') ?? null;
  if (id === null) return invalid('Invalid query', action);
  const span = store.spans.get(id);
  return span === undefined ? notFound('Agent span', id) : answer(store, span);
}

/** Needs an instance, a range of time, and an account token (docs/internals/api.md, "Tokens"). */
export function listSpans(action: EmulatedAction): ActionResult {
  const { store } = action;
  if (store.options.tokenKind === 'deployment') {
    return failure(errorOutput('bad_authtoken', 'Listing spans needs an account token'));
  }
  const reader = new FieldReader(action);
  const instanceId = reader.id('agent_instance_id', 'required') ?? null;
  const start = reader.timestamp('start_time', 'required');
  const end = reader.timestamp('end_time', 'required');
  if (instanceId === null || start === undefined || end === undefined) {
    return invalid('Invalid query', action, instanceId);
  }
  const instance = store.instances.get(instanceId);
  if (instance === undefined) return notFound('Agent instance', instanceId);
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const summaries = instance.spans
    .filter(({ details }) => {
      const at = Date.parse(details.started_at);
      return from <= at && at <= to;
    })
    // The risk fields show up in lists only (docs/internals/api.md, "Span records").
    .map(({ details }) => ({ ...details, risk_level: null, risk_score: null }));
  return success({ summaries }, instanceId);
}

type NewSpan = NonNullable<ReturnType<typeof readSpan>>;

function readSpan(action: EmulatedAction, details: Fields) {
  const reader = new FieldReader(action, details);
  const instanceId = reader.id('agent_instance_id', 'required');
  const schemaName = reader.name('schema_name', 'required');
  const status = reader.oneOf('status', CREATE_STATUSES, 'required');
  const payload = reader.object('payload', 'required');
  const result = reader.object('result_payload', 'nullable') ?? null;
  const id = reader.id('id', 'nullable') ?? null;
  const parentId = reader.id('parent_span_id', 'nullable') ?? null;
  const startedAt = reader.timestamp('started_at', 'nullable');
  const finishedAt = reader.timestamp('finished_at', 'nullable');
  const sensitive = reader.boolean('sensitive_encoding', 'optional') ?? false;
  reader.dropOthers([], 'details.');
  if (status !== undefined && !isTerminal(status)) {
    // "null while running", "for spans created already finished" (docs/internals/api.md, "Creating a span").
    if (finishedAt !== undefined) action.problems.add('finished_at', 'needs a terminal status');
    if (result !== null) action.problems.add('result_payload', 'needs a terminal status');
  }
  return instanceId === undefined ||
    schemaName === undefined ||
    status === undefined ||
    payload === undefined
    ? undefined
    : {
        id,
        instanceId,
        parentId,
        schemaName,
        status,
        payload,
        result,
        startedAt,
        finishedAt,
        sensitive,
      };
}

function newSpan({ store, key }: EmulatedAction, span: NewSpan, instance: Instance): Span {
  const now = store.timestamp();
  const { id: instanceId, agent_id } = instance.details;
  const { payload, schemaName, status } = span;
  const schema = instance.schemas.get(schemaName);
  const details = {
    type: 'agent_span',
    id: span.id ?? store.newId(key, instanceId),
    account_id: store.accountId,
    agent_id,
    agent_instance_id: instanceId,
    parent_span_id: span.parentId,
    schema_name: schemaName,
    schema_title: schema?.title ?? schemaName,
    status,
    payload,
    result_payload: span.result,
    summary: summaryOf(schema, payload),
    started_at: span.startedAt ?? now,
    // No source says what a terminal create without finished_at gets; a finish gets the present.
    finished_at: span.finishedAt ?? (isTerminal(status) ? now : null),
    sensitive_encoding: span.sensitive,
    payload_byte_size_estimate: bytesOf(payload) + bytesOf(span.result),
    purpose: 'activity',
    data_risk: null,
    inserted_at: now,
    updated_at: now,
  };
  return { instance, details };
}

/** Whether the span may stand where it wants to; the error if not. */
function checkPlace(
  action: EmulatedAction,
  span: NewSpan,
  instance: Instance,
): ActionResult | undefined {
  const { store, problems } = action;
  // A terminated run still takes spans: answers to creates and finishes are how a client learns of
  // the termination (docs/internals/api.md, "Control"), and errors are not known to carry `control`. One that finished
  // by itself takes none (our reading; no source shows such a call).
  const { id, status } = instance.details;
  if (isTerminal(status) && status !== 'terminated') {
    return invalidAction(`The agent instance is ${status} already`, span.id);
  }
  if (span.parentId !== null) {
    const parent = store.spans.get(span.parentId);
    if (parent === undefined) return notFound('Parent span', span.id);
    if (parent.instance !== instance) problems.add('parent_span_id', 'is of another instance');
  }
  if (span.id !== null) {
    if (store.isTaken(span.id)) return taken(store, 'Invalid span', span.id);
    if (store.options.samePartition && partitionText(span.id) !== partitionText(id)) {
      problems.add('id', 'is of another partition than its instance');
    }
  }
  return problems.any ? invalid('Invalid span', action, span.id) : undefined;
}

/** With a copy of the span, so that a stored answer does not change with it. */
function answer(store: Store, { instance, details }: Span): ActionResult {
  const control = controlOf(store, instance);
  return success({ details: { ...details }, ...(control && { control }) }, details.id);
}

function bytesOf(payload: Fields | null): number {
  return payload === null ? 0 : JSON.stringify(payload).length;
}
