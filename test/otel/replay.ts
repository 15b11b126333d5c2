// Plays the spans of a trace file (OTLP as JSON) to a processor, as a program would have that made them.
import { readFileSync } from 'node:fs';
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly flags?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly { traceId: string; spanId: string; attributes?: KeyValue[] }[];
  readonly events?: readonly { name: string; timeUnixNano: string; attributes?: KeyValue[] }[];
  readonly status?: { readonly code?: number | string; readonly message?: string };
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
}

interface KeyValue {
  readonly key: string;
  readonly value: Value;
}

interface Value {
  readonly intValue?: string;
  readonly arrayValue?: { readonly values: readonly Value[] };
  readonly kvlistValue?: object;
  readonly [kind: string]: unknown;
}

/** In the order of their times; `turn` comes between two times. */
export async function replay(
  path: string,
  processor: SpanProcessor,
  turn: () => Promise<void>,
): Promise<void> {
  const { resourceSpans } = JSON.parse(readFileSync(path, 'utf8'));
  const moments: { readonly at: bigint; readonly tell: () => void }[] = [];
  for (const { resource, scopeSpans } of resourceSpans) {
    for (const { scope, spans } of scopeSpans) {
      for (const span of spans as OtlpSpan[]) {
        const readable = readableOf(span, attributesOf(resource.attributes), scope);
        const { startTimeUnixNano: start, endTimeUnixNano: end = '0' } = span;
        moments.push({
          at: BigInt(start),
          tell: () => processor.onStart(readable as never, {} as never),
        });
        if (end !== '0') moments.push({ at: BigInt(end), tell: () => processor.onEnd(readable) });
      }
    }
  }
  moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  let now = moments[0]?.at;
  for (const { at, tell } of moments) {
    if (at !== now) await turn();
    now = at;
    tell();
  }
  await turn();
}

function readableOf(span: OtlpSpan, resource: Attributes, scope: { name: string }): ReadableSpan {
  const { traceId, parentSpanId, flags = 0, status = {} } = span;
  const parent = { traceId, spanId: parentSpanId, traceFlags: 1, isRemote: (flags & 0x200) !== 0 };
  const readable = {
    name: span.name,
    kind: span.kind - 1,
    spanContext: () => ({ traceId, spanId: span.spanId, traceFlags: 1 }),
    parentSpanContext: parentSpanId === undefined ? undefined : parent,
    startTime: timeOf(span.startTimeUnixNano),
    endTime: timeOf(span.endTimeUnixNano ?? '0'),
    attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map(({ attributes, ...context }) => ({
      context: { ...context, traceFlags: 1 },
      attributes: attributesOf(attributes),
    })),
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name,
      time: timeOf(timeUnixNano),
      attributes: attributesOf(attributes),
    })),
    status: {
      code: String(status.code).endsWith('ERROR') ? 2 : (status.code ?? 0),
      message: status.message,
    },
    resource: { attributes: resource },
    instrumentationScope: scope,
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: 0,
  };
  return readable as never;
}

function timeOf(nanos: string): HrTime {
  const all = BigInt(nanos);
  return [Number(all / 1_000_000_000n), Number(all % 1_000_000_000n)];
}

/** Those that OpenTelemetry has in JavaScript: no maps, and integers beyond what a number can say as texts. */
function attributesOf(list: readonly KeyValue[] = []): Attributes {
  return Object.fromEntries(
    list
      .filter(({ value }) => value.kvlistValue === undefined)
      .map(({ key, value }) => [key, plainOf(value)]),
  ) as Attributes;
}

function plainOf(value: Value): unknown {
  const { intValue, arrayValue } = value;
  if (intValue !== undefined) {
    return Number.isSafeInteger(Number(intValue)) ? Number(intValue) : intValue;
  }
  return arrayValue ? arrayValue.values.map(plainOf) : Object.values(value)[0];
}
