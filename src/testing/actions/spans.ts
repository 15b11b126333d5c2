// `agent_spans/*`: docs/internals/api.md, "Actions", "Creating a span", "Span records" and "Status".

import type { Instance, Span, Store } from '../state/store.ts';
import { isTerminal } from '../state/store.ts';
import type { ActionResult } from '../wire/action-results.ts';
import { failure, invalidAction, notFound, success } from '../wire/action-results.ts';
import { errorOutput } from '../wire/errors.ts';
import type { Fields } from '../wire/items.ts';
import { partitionText } from '../wire/pfid.ts';
import type { EmulatedAction } from './emulated-action.ts';
import { summaryOf } from './schema-version.ts';

/**
 * The fields of a span stand in `details`; a docstring of Python's has them flat (*conflicting*:
 * docs/internals/api.md, "Actions"). A flat create is refused, so that a client fails here and not in production.
 */
export function createSpan(action: EmulatedAction): ActionResult {
  const { store } = action;
  if (['agent_instance_id', 'schema_name'].some((name) => action.fields[name] !== undefined)) {
    action.breach('agent_spans/create with span fields outside of details');
  }
  const details = action.inner('details', 'required', '');
  action.dropOthers();
  if (details === undefined) return action.invalid('Invalid span', null);
  const span = readSpan(details);
  if (action.problems !== undefined) return action.invalid('Invalid span', span.id);

  const instance = store.instances.get(span.agent_instance_id);
  if (instance === undefined) return notFound('Agent instance', span.id);
  const unfit = checkPlace(action, span, instance);
  if (unfit !== undefined) return unfit;

  const made = newSpan(action, span, instance);
  store.spans.set(made.details.id, made);
  instance.spans.push(made);
  return answer(store, made);
}

/**
 * Fields stand flat. In a `details` they are unknown to the API: it answers with a success, and **stores no result**
 * (docs/internals/api.md, "Actions"). So does the emulator, but it reports a breach.
 */
export function finishSpan(action: EmulatedAction): ActionResult {
  const { store, fields } = action;
  if (fields['details'] !== undefined) {
    action.breach('agent_spans/finish with a details wrapper: no result is stored');
  }
  const id = action.id('agent_span_id', 'required');
  // The docs allow `cancelled` for a pending span only, Python's notes also for an active one (*conflicting*:
  // docs/internals/api.md, "Status"): the emulator takes both.
  const status = action.finishStatus();
  const result = action.object('result_payload', 'optional');
  const timestamp = action.timestamp('timestamp', 'optional');
  const sensitive = action.boolean('sensitive_encoding', 'optional');
  action.dropOthers();
  if (action.problems !== undefined) return action.invalid('Invalid finish', id);

  const span = store.spans.get(id);
  if (span === undefined) return notFound('Agent span', id);
  const { details } = span;
  if (isTerminal(details.status)) return invalidAction(`The span is ${details.status} already`, id);

  // Its instance may have finished before: no source forbids that.
  const now = store.timestamp();
  details.status = status;
  details.finished_at = timestamp ?? now;
  details.updated_at = now;
  if (result !== undefined) {
    details.payload_byte_size_estimate +=
      payloadBytes(result) - payloadBytes(details.result_payload);
    details.result_payload = result;
  }
  if (sensitive !== undefined) details.sensitive_encoding = sensitive;
  return answer(store, span);
}

/** `GET /agent_spans/{id}`. Redaction has no known form, so `redacted` changes nothing. */
export function showSpan(action: EmulatedAction): ActionResult {
  const { store } = action;
  const id = action.id('agent_span_id', 'required');
  if (action.problems !== undefined) return action.invalid('Invalid query', id);
  const span = store.spans.get(id);
  return span === undefined ? notFound('Agent span', id) : answer(store, span);
}

/** Needs an instance, a range of time, and an account token (docs/internals/api.md, "Tokens"). */
export function listSpans(action: EmulatedAction): ActionResult {
  const { store } = action;
  if (store.options.tokenKind === 'deployment') {
    return failure(errorOutput('bad_authtoken', 'Listing spans needs an account token'));
  }
  const instanceId = action.id('agent_instance_id', 'required');
  const start = action.timestamp('start_time', 'required');
  const end = action.timestamp('end_time', 'required');
  if (action.problems !== undefined) return action.invalid('Invalid query', instanceId);
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

// `pending` is in Python only, and accepted (docs/internals/api.md, "Status").
const CREATE_STATUSES = ['pending', 'active', 'complete', 'failed', 'cancelled'] as const;

type NewSpan = ReturnType<typeof readSpan>;

function readSpan(details: EmulatedAction) {
  const span = {
    id: details.id('id', 'nullable') ?? null,
    agent_instance_id: details.id('agent_instance_id', 'required'),
    parent_span_id: details.id('parent_span_id', 'nullable') ?? null,
    schema_name: details.name('schema_name', 'required'),
    status: details.oneOf('status', CREATE_STATUSES, 'required'),
    payload: details.object('payload', 'required'),
    result_payload: details.object('result_payload', 'nullable') ?? null,
    started_at: details.timestamp('started_at', 'nullable'),
    finished_at: details.timestamp('finished_at', 'nullable'),
    sensitive_encoding: details.boolean('sensitive_encoding', 'optional') ?? false,
  };
  details.dropOthers([], 'details.');
  const { status } = details.fields;
  if (status === 'pending' || status === 'active') {
    // "null while running", "for spans created already finished" (docs/internals/api.md, "Creating a span").
    if (span.finished_at !== undefined) details.wrong('finished_at', 'needs a terminal status');
    if (span.result_payload !== null) details.wrong('result_payload', 'needs a terminal status');
  }
  return span;
}

function newSpan({ store, item }: EmulatedAction, span: NewSpan, instance: Instance): Span {
  const now = store.timestamp();
  const { payload, schema_name, status } = span;
  const schema = instance.schemas.span_type_schemas.get(schema_name);
  const details = {
    ...span,
    type: 'agent_span',
    id: span.id ?? store.newId(item.key, span.agent_instance_id),
    account_id: store.accountId,
    agent_id: instance.details.agent_id,
    schema_title: schema?.title ?? schema_name,
    summary: summaryOf(schema, payload),
    started_at: span.started_at ?? now,
    // What the API does without finished_at is unknown; here it is the present, as for a finish.
    finished_at: span.finished_at ?? (isTerminal(status) ? now : null),
    payload_byte_size_estimate: payloadBytes(payload) + payloadBytes(span.result_payload),
    purpose: 'activity',
    data_risk: null,
    inserted_at: now,
    updated_at: now,
  };
  return { instance, details };
}

/** The refusal, if the span cannot be in that instance, under that parent, or have that id. */
function checkPlace(
  action: EmulatedAction,
  span: NewSpan,
  instance: Instance,
): ActionResult | undefined {
  const { store } = action;
  // A terminated run still takes spans, since a client learns of the termination by their answers
  // (docs/internals/api.md, "Control"). That a finished run takes none is our reading: no source shows such a call.
  const { id, status } = instance.details;
  if (isTerminal(status) && status !== 'terminated') {
    return invalidAction(`The agent instance is ${status} already`, span.id);
  }
  if (span.parent_span_id !== null) {
    const parent = store.spans.get(span.parent_span_id);
    if (parent === undefined) return notFound('Parent span', span.id);
    if (parent.instance !== instance) action.wrong('parent_span_id', 'is of another instance');
  }
  if (span.id !== null) {
    if (store.isTaken(span.id)) return action.taken('Invalid span', span.id);
    if (store.options.samePartition && partitionText(span.id) !== partitionText(id)) {
      action.wrong('id', 'is of another partition than its instance');
    }
  }
  return action.problems && action.invalid('Invalid span', span.id);
}

/** Copies the details, so that a stored answer does not change with the span. */
function answer({ options }: Store, { instance, details }: Span): ActionResult {
  const { status, termination_reason: reason } = instance.details;
  const terminate = status === 'terminated';
  const shown = (terminate || options.alwaysControl) && { control: { terminate, reason } };
  return success({ details: { ...details }, ...shown }, details.id);
}

function payloadBytes(payload: Fields | null): number {
  return payload === null ? 0 : JSON.stringify(payload).length;
}
