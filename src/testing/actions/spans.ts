// `agent_spans/*`: docs/internals/api.md, "Actions", "Creating a span", "Span records" and "Status".

import type { Instance, Span, SpanStatus, World } from '../state/store.ts';
import { CREATE_STATUSES, FINISH_STATUSES, isTerminal } from '../state/store.ts';
import { controlOf, spanDetails, spanSummary } from '../state/views.ts';
import { errorOutput } from '../wire/error-output.ts';
import type { Fields } from '../wire/items.ts';
import { partitionText } from '../wire/pfid.ts';
import type { ActionCall, Ran } from './action-handler.ts';
import {
  failure,
  invalid,
  invalidAction,
  notFound,
  readFields,
  success,
  taken,
} from './action-handler.ts';
import { FieldReader } from './field-reader.ts';

const CREATE_ITEM = new Set(['details']);
const CREATE_DETAILS = new Set([
  'agent_instance_id',
  'schema_name',
  'status',
  'payload',
  'result_payload',
  'id',
  'parent_span_id',
  'started_at',
  'finished_at',
  'sensitive_encoding',
]);
const FINISH_ITEM = new Set([
  'agent_span_id',
  'status',
  'result_payload',
  'timestamp',
  'sensitive_encoding',
]);

/**
 * Span fields belong into `details`. The sources are *conflicting* (docs/internals/api.md, "Actions"): Python's
 * docstring puts them flat, everything else wraps them. A flat create is taken as one without
 * `details`, so that a client that sends the form in doubt fails here and not in production.
 */
export function createSpan(call: ActionCall): Ran {
  const { world } = call;
  if (call.fields['agent_instance_id'] !== undefined || call.fields['schema_name'] !== undefined) {
    call.breach('agent_spans/create with span fields outside of details');
  }
  const item = readFields(call, CREATE_ITEM);
  const details = item.object('details', 'required');
  const span = details === undefined ? undefined : readSpan(call, details);
  if (span === undefined || call.problems.any) return invalid('Invalid span', call, span?.id);

  const instance = world.instances.get(span.instanceId);
  if (instance === undefined) return notFound('Agent instance', span.id);
  const unfit = checkPlace(call, span, instance);
  if (unfit !== undefined) return unfit;

  const now = world.timestamp();
  const id = span.id ?? world.newId(call.key, instance.id);
  const made: Span = {
    id,
    instance,
    schemaName: span.schemaName,
    parentId: span.parentId ?? null,
    payload: span.payload,
    startedAt: span.startedAt ?? now,
    insertedAt: now,
    status: span.status,
    result: span.result ?? null,
    // No source says what a terminal create without finished_at gets; a finish gets the present.
    finishedAt: span.finishedAt ?? (isTerminal(span.status) ? now : null),
    sensitive: span.sensitive ?? false,
    bytes: bytesOf(span.payload) + bytesOf(span.result),
    updatedAt: now,
  };
  world.addSpan(made);
  return answer(world, made);
}

/**
 * Fields stand flat here. In a `details` wrapper they are unknown fields to the API: it answers with a
 * success, and **silently stores no result** (docs/internals/api.md, "Actions"). So
 * does the emulator, only that it reports a breach.
 */
export function finishSpan(call: ActionCall): Ran {
  const { world, fields } = call;
  if (fields['details'] !== undefined) {
    call.breach('agent_spans/finish with a details wrapper: no result is stored');
  }
  const reader = readFields(call, FINISH_ITEM);
  const id = reader.id('agent_span_id', 'required') ?? null;
  // Any finish status is taken from pending and active alike. The docs want `cancelled` from
  // pending only; Python's notes also allow it from active (*conflicting*: docs/internals/api.md, "Status").
  const status = reader.oneOf('status', FINISH_STATUSES, 'optional') ?? 'complete';
  const result = reader.object('result_payload', 'optional');
  const timestamp = reader.timestamp('timestamp', 'optional');
  const sensitive = reader.boolean('sensitive_encoding', 'optional');
  if (id === null || call.problems.any) return invalid('Invalid finish', call, id);

  const span = world.spans.get(id);
  if (span === undefined) return notFound('Agent span', id);
  if (isTerminal(span.status)) return invalidAction(`The span is ${span.status} already`, id);

  // Its instance may have finished before: no source asks for an order of the two.
  const now = world.timestamp();
  world.setSpanStatus(span, status);
  span.finishedAt = timestamp ?? now;
  span.updatedAt = now;
  if (result !== undefined) {
    span.bytes += bytesOf(result) - bytesOf(span.result ?? undefined);
    span.result = result;
  }
  if (sensitive !== undefined) span.sensitive = sensitive;
  return answer(world, span);
}

/** `GET /agent_spans/{id}`. Redaction has no known form, so `redacted` changes nothing. */
export function showSpan(call: ActionCall): Ran {
  const { world } = call;
  const id = new FieldReader(call).id('agent_span_id', 'required') ?? null;
  if (id === null) return invalid('Invalid query', call);
  const span = world.spans.get(id);
  return span === undefined ? notFound('Agent span', id) : answer(world, span);
}

/** Needs an instance, a range of time, and an account token (docs/internals/api.md, "Tokens"). */
export function listSpans(call: ActionCall): Ran {
  const { world } = call;
  if (world.rules.tokenKind === 'deployment') {
    return failure(errorOutput('bad_authtoken', 'Listing spans needs an account token'));
  }
  const reader = new FieldReader(call);
  const instanceId = reader.id('agent_instance_id', 'required') ?? null;
  const start = reader.timestamp('start_time', 'required');
  const end = reader.timestamp('end_time', 'required');
  if (instanceId === null || start === undefined || end === undefined) {
    return invalid('Invalid query', call, instanceId);
  }
  const instance = world.instances.get(instanceId);
  if (instance === undefined) return notFound('Agent instance', instanceId);
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const summaries = instance.spans
    .filter((span) => {
      const at = Date.parse(span.startedAt);
      return from <= at && at <= to;
    })
    .map((span) => spanSummary(world, span));
  return success({ summaries }, instanceId);
}

interface NewSpan {
  readonly id: string | null;
  readonly instanceId: string;
  readonly parentId: string | undefined;
  readonly schemaName: string;
  readonly status: SpanStatus;
  readonly payload: Fields;
  readonly result: Fields | undefined;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  readonly sensitive: boolean | undefined;
}

function readSpan(call: ActionCall, details: Fields): NewSpan | undefined {
  const reader = readFields(call, CREATE_DETAILS, details, '', 'details.');
  const instanceId = reader.id('agent_instance_id', 'required');
  const schemaName = reader.name('schema_name', 'required');
  const status = reader.oneOf('status', CREATE_STATUSES, 'required');
  const payload = reader.object('payload', 'required');
  const result = reader.object('result_payload', 'nullable');
  const id = reader.id('id', 'nullable') ?? null;
  const parentId = reader.id('parent_span_id', 'nullable');
  const startedAt = reader.timestamp('started_at', 'nullable');
  const finishedAt = reader.timestamp('finished_at', 'nullable');
  const sensitive = reader.boolean('sensitive_encoding', 'optional');
  if (status !== undefined && !isTerminal(status)) {
    // "null while running", "for spans created already finished" (docs/internals/api.md, "Creating a span").
    if (finishedAt !== undefined) call.problems.add('finished_at', 'needs a terminal status');
    if (result !== undefined) call.problems.add('result_payload', 'needs a terminal status');
  }
  if (
    instanceId === undefined ||
    schemaName === undefined ||
    status === undefined ||
    payload === undefined
  ) {
    return undefined;
  }
  return {
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

/** Whether the span may stand where it wants to; the error if not. */
function checkPlace(call: ActionCall, span: NewSpan, instance: Instance): Ran | undefined {
  const { world, problems } = call;
  // A terminated run still takes spans: answers to creates and finishes are how a client learns of
  // the termination (docs/internals/api.md, "Control"), and errors are not known to carry `control`. One that finished
  // by itself takes none (our reading; no source shows such a call).
  if (isTerminal(instance.status) && instance.status !== 'terminated') {
    return invalidAction(`The agent instance is ${instance.status} already`, span.id);
  }
  if (span.parentId !== undefined) {
    const parent = world.spans.get(span.parentId);
    if (parent === undefined) return notFound('Parent span', span.id);
    if (parent.instance !== instance) problems.add('parent_span_id', 'is of another instance');
  }
  if (span.id !== null) {
    if (world.isTaken(span.id)) return taken(world, 'Invalid span', span.id);
    if (world.rules.samePartition && partitionText(span.id) !== partitionText(instance.id)) {
      problems.add('id', 'is of another partition than its instance');
    }
  }
  return problems.any ? invalid('Invalid span', call, span.id) : undefined;
}

function answer(world: World, span: Span): Ran {
  const details = spanDetails(world, span);
  const control = controlOf(world, span.instance);
  return success(control === undefined ? { details } : { details, control }, span.id);
}

function bytesOf(payload: Fields | undefined): number {
  return payload === undefined ? 0 : JSON.stringify(payload).length;
}
