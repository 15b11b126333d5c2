/** OTLP as JSON, and spans as the SDKs of JavaScript and Python write them, one by one. */
import { parsedAll } from '../../../genai/attribute-values.ts';
import { namingFamilies } from '../../../genai/naming-families.ts';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';
import { isDate, nanosOfCount, nanosOfIso, nanosOfPair } from '../recorded-nanos.ts';
import type { DescribedSpan, Format, ReadRecord } from './format.ts';
import { firstOf, readSpan, tellingFields } from './format.ts';
import { attributesOf, hexOf } from './otlp-values.ts';

const resources = { resourceSpans: 'resource', resource_spans: 'resource', batches: 'resource' };

const names = {
  traceId: [
    'traceId',
    'trace_id',
    '_spanContext.traceId',
    'spanContext.traceId',
    'context.trace_id',
  ],
  id: ['spanId', 'span_id', '_spanContext.spanId', 'spanContext.spanId', 'context.span_id', 'id'],
  parentId: ['parentSpanId', 'parent_span_id', 'parentSpanContext.spanId', 'parent_id', 'parentId'],
  startNanos: ['startTimeUnixNano', 'start_time_unix_nano'],
  endNanos: ['endTimeUnixNano', 'end_time_unix_nano'],
  start: ['startTime', 'start_time'],
  end: ['endTime', 'end_time'],
  time: ['timeUnixNano', 'time_unix_nano', 'time', 'timestamp'],
  scope: ['scope', 'instrumentationScope', 'instrumentationLibrary', 'instrumentation_library'],
};

/** Fields of Langfuse and LangSmith, whose spans have the same ids where they came by OpenTelemetry. */
const otherNames = ['parentObservationId', 'observations', 'run_type', 'dotted_order'];

export const otlp: Format = {
  name: 'otlp',
  families: namingFamilies,
  kinds: {
    top: { ...resources, trace: 'top', data: 'top', spans: 'top' },
    resource: {
      scopeSpans: 'scope',
      scope_spans: 'scope',
      instrumentationLibrarySpans: 'scope',
      instrumentation_library_spans: 'scope',
    },
    scope: { spans: 'span' },
    span: {},
  },

  read(fields, kind): ReadRecord | undefined {
    if (kind === 'resource') {
      return { kind: 'around', fields: { resource: fields['resource'] } };
    }
    if (kind === 'scope')
      return { kind: 'around', fields: { scope: firstOf(fields, names.scope) } };
    const traceId = firstOf(fields, names.traceId);
    const isOther = traceId === undefined || otherNames.some((name) => Object.hasOwn(fields, name));
    if (kind === 'top' && isOther) return undefined;
    const { start, end } = timesOf(fields);
    const [id, parentId] = [names.id, names.parentId].map((of) => hexOf(firstOf(fields, of), 8));
    return readSpan('span', { traceId: hexOf(traceId, 16), id, parentId, start, end });
  },

  describe(fields, outer): DescribedSpan {
    const own = attributesOf(fields['attributes']);
    const status = statusOf(fields['status']);
    const events = eventsOf(fields['events']);
    const resource = attributesOfResource(fields['resource'] ?? firstIn(outer, 'resource'));
    const { 'service.name': service, 'service.version': version } = resource;
    // What has no name is called so by the SDKs.
    const isNamed = typeof service === 'string' && !service.startsWith('unknown_service');
    return {
      foreign: {
        name: String(fields['name'] ?? 'span'),
        attributes: parsedAll(own),
        events,
        status,
      },
      context: contextOf(fields, firstOf(fields, names.scope) ?? firstIn(outer, 'scope'), resource),
      endContext: endContextOf(fields, events),
      agentVersion: {
        ...(isNamed && { name: service }),
        ...(typeof version === 'string' && version !== '' && { externalIdentifier: version }),
      },
    };
  },
};

function timesOf(fields: JsonObject): { start: bigint | undefined; end: bigint | undefined } {
  const start =
    nanosOfCount(firstOf(fields, names.startNanos)) ??
    nanosOf(firstOf(fields, names.start)) ??
    nanosOfCount(fields['timestamp'], 1_000n);
  // As the console exporter of JavaScript writes them: both in microseconds.
  const duration = fields['duration'];
  const isCounted = start !== undefined && typeof fields['timestamp'] === 'number';
  const end =
    nanosOfCount(firstOf(fields, names.endNanos)) ??
    nanosOf(firstOf(fields, names.end)) ??
    (isCounted && typeof duration === 'number'
      ? start + BigInt(Math.round(duration * 1_000))
      : undefined);
  return { start: dateIn(start), end: dateIn(end) };
}

function dateIn(nanos: bigint | undefined): bigint | undefined {
  return nanos !== undefined && isDate(nanos) ? nanos : undefined;
}

function nanosOf(value: unknown): bigint | undefined {
  return nanosOfPair(value) ?? nanosOfIso(value) ?? nanosOfCount(value);
}

function contextOf(fields: JsonObject, scope: unknown, resource: JsonObject): JsonObject {
  const parentId = hexOf(firstOf(fields, names.parentId), 8);
  const links = Array.isArray(fields['links']) ? fields['links'] : [];
  const { start } = timesOf(fields);
  return tellingFields({
    trace_id: hexOf(firstOf(fields, names.traceId), 16),
    span_id: hexOf(firstOf(fields, names.id), 8),
    parent_span_id: parentId,
    is_remote_parent: isRemote(fields) || undefined,
    kind: kindOf(fields),
    scope: isJsonObject(scope) ? scope['name'] : undefined,
    trace_state: firstOf(fields, ['traceState', 'trace_state']),
    start_time_unix_nano: start === undefined ? undefined : String(start),
    links: links.filter(isJsonObject).map((link) =>
      tellingFields({
        trace_id: hexOf(firstOf(link, [...names.traceId, 'context.traceId']), 16),
        span_id: hexOf(firstOf(link, [...names.id, 'context.spanId']), 8),
        attributes: attributesOf(link['attributes']),
      }),
    ),
    resource: parentId === undefined ? resource : undefined,
  });
}

function endContextOf(
  fields: JsonObject,
  events: readonly { name: string; time: bigint | undefined; attributes: JsonObject }[],
): JsonObject {
  const { end } = timesOf(fields);
  const dropped = ['Attributes', 'Events', 'Links'].map((what) => [
    `dropped_${what.toLowerCase()}_count`,
    firstOf(fields, [`dropped${what}Count`, `dropped_${what.toLowerCase()}_count`]) || undefined,
  ]);
  return tellingFields({
    end_time_unix_nano: end === undefined ? undefined : String(end),
    events: events.map(({ name, time, attributes }) =>
      tellingFields({
        name,
        time_unix_nano: time === undefined ? undefined : String(time),
        attributes,
      }),
    ),
    ...Object.fromEntries(dropped),
  });
}

function eventsOf(value: unknown) {
  return (Array.isArray(value) ? value : []).filter(isJsonObject).map((event) => ({
    name: String(event['name'] ?? 'event'),
    time: nanosOf(firstOf(event, names.time)),
    attributes: attributesOf(event['attributes']),
  }));
}

function statusOf(value: unknown): { isError: boolean; message: string | undefined } {
  const status = isJsonObject(value) ? value : { code: value };
  const code = firstOf(status, ['code', 'status_code', 'statusCode']);
  const message = firstOf(status, ['message', 'description']);
  return {
    isError: code === 2 || /(^|[._])ERROR$/.test(String(code)),
    message: message === undefined ? undefined : String(message),
  };
}

const kinds = ['internal', 'server', 'client', 'producer', 'consumer'];

function kindOf(fields: JsonObject): string | undefined {
  const { kind } = fields;
  // OTLP counts from 1, the SDK of JavaScript from 0.
  const first = firstOf(fields, names.startNanos) === undefined ? 0 : 1;
  if (typeof kind === 'number') return kinds[kind - first];
  return typeof kind === 'string'
    ? kind.replace(/^(SPAN_KIND_|SpanKind\.)/, '').toLowerCase()
    : undefined;
}

/** Bit 9 of the flags, where bit 8 says that it is known. */
function isRemote(fields: JsonObject): boolean {
  const flags = fields['flags'];
  const isFlagged = typeof flags === 'number' && (flags & 0x300) === 0x300;
  return isFlagged || firstOf(fields, ['parentSpanContext.isRemote']) === true;
}

function attributesOfResource(value: unknown): JsonObject {
  const attributes = isJsonObject(value)
    ? firstOf(value, ['attributes', '_attributes', '_rawAttributes'])
    : undefined;
  return attributesOf(attributes);
}

function firstIn(outer: readonly JsonObject[], name: string): unknown {
  return outer.find((fields) => fields[name] !== undefined)?.[name];
}
