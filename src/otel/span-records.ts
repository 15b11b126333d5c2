// What is recorded of a span of OpenTelemetry: what the table of names knows as input, output and so on, and the rest as it
// is, under the names of OTLP.
import type { Attributes, Link } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { parsedAll } from '../genai/attribute-values.ts';
import type { SpanDescription, SpanError } from '../genai/describe-span.ts';
import { describeSpan, inputOf } from '../genai/describe-span.ts';
import type { SpanEnd, SpanParams } from '../trace/index.ts';
import type { Redaction } from '../trace/redaction.ts';
import { REDACTED } from '../trace/redaction.ts';
import { redactedData } from './redacted-data.ts';
import { dateOf, unixNanoOf } from './span-times.ts';

/** What was recorded when the span started, to tell what came later. */
export interface StartRecord {
  readonly params: SpanParams;
  readonly attributes: Attributes;
  readonly links: number;
  readonly description: Pick<SpanDescription, 'type' | 'model'>;
}

const kinds = ['internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;

export function startRecordOf(span: ReadableSpan, redaction: Redaction): StartRecord {
  const attributes = { ...span.attributes };
  const { type, input, model, attributes: others } = dataOf(span, redaction).description;
  return {
    attributes,
    links: span.links.length,
    description: { ...(type && { type }), ...(model !== undefined && { model }) },
    params: {
      name: span.name,
      startedAt: dateOf(span.startTime),
      type,
      input,
      attributes: {
        ...(model !== undefined && { model }),
        ...(!isEmpty(others) && { attributes: others }),
        otel: startContextOf(span),
      },
    },
  };
}

/** Where the span stands: the ids by which other systems know it. */
function startContextOf(span: ReadableSpan): object {
  const { traceId, spanId } = span.spanContext();
  const { parentSpanContext: parent, kind, links, instrumentationScope } = span;
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(parent && { parent_span_id: parent.spanId }),
    ...(parent?.isRemote === true && { is_remote_parent: true }),
    kind: kinds[kind] ?? kind,
    scope: instrumentationScope.name,
    start_time_unix_nano: unixNanoOf(span.startTime),
    ...(links.length > 0 && { links: links.map(linkOf) }),
  };
}

/** What has come since the span started. */
export function endRecordOf(span: ReadableSpan, start: StartRecord, redaction: Redaction): SpanEnd {
  const data = dataOf(span, redaction);
  const all = data.description;
  const later = Object.fromEntries(
    Object.entries(data.attributes).filter(
      ([name]) => start.attributes[name] !== span.attributes[name],
    ),
  );
  const input = inputOf(later);
  const others = Object.entries(all.attributes).filter(([name]) => Object.hasOwn(later, name));
  return {
    endedAt: dateOf(span.endTime),
    output: all.output,
    tokenUsage: all.tokens,
    ...(all.error && { error: thrownBy(all.error) }),
    attributes: {
      ...(span.name !== start.params.name && { name: span.name }),
      ...(all.type !== start.description.type && { type: all.type }),
      ...(all.model !== start.description.model && { model: all.model }),
      ...(input !== undefined && { inputs: input }),
      ...(others.length > 0 && { attributes: Object.fromEntries(others) }),
      otel: endContextOf(span, start, data),
    },
  };
}

function endContextOf(span: ReadableSpan, start: StartRecord, data: SpanData): object {
  const { links, events, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
  const lateLinks = links.slice(start.links);
  return {
    end_time_unix_nano: unixNanoOf(span.endTime),
    ...(lateLinks.length > 0 && { links: lateLinks.map(linkOf) }),
    ...(events.length > 0 && {
      events: events.map(({ name, time, attributes = {} }, place) => ({
        name,
        time_unix_nano: unixNanoOf(time),
        ...(!isEmpty(attributes) && { attributes: data.events[place]?.attributes }),
      })),
    }),
    ...(droppedAttributesCount > 0 && { dropped_attributes_count: droppedAttributesCount }),
    ...(droppedEventsCount > 0 && { dropped_events_count: droppedEventsCount }),
    ...(droppedLinksCount > 0 && { dropped_links_count: droppedLinksCount }),
  };
}

/** What a span says, as data, without what is redacted. */
interface SpanData {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly description: SpanDescription;
}

function dataOf(span: ReadableSpan, redaction: Redaction): SpanData {
  const attributes = redactedData(span.attributes, redaction.below('attributes'));
  const ofEvents = redaction.below('otel')?.below('events');
  const events = span.events.map(({ name, attributes = {} }, place) => ({
    name,
    attributes: redactedData(attributes, ofEvents?.below(String(place))?.below('attributes')),
  }));
  // The status repeats the message of the exception.
  const isHidden = events.some((event) => event.attributes['exception.message'] === REDACTED);
  const said = redactedData({ message: span.status.message }, redaction);
  const status = {
    isError: span.status.code === STATUS_ERROR,
    message: isHidden ? REDACTED : said['message'],
  };
  const description = describeSpan({ name: span.name, attributes, events, status });
  return { attributes, events, description };
}

/** In the form of an Error. */
function thrownBy({ type, message, stacktrace }: SpanError): object {
  return { name: type ?? 'Error', message, stack: stacktrace ?? '' };
}

function linkOf({ context, attributes = {} }: Link): object {
  return {
    trace_id: context.traceId,
    span_id: context.spanId,
    ...(!isEmpty(attributes) && { attributes: parsedAll(attributes) }),
  };
}

function isEmpty(attributes: object): boolean {
  return Object.keys(attributes).length === 0;
}
