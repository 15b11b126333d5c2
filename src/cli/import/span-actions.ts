/** What recorded spans are as actions: in the form of an action file, so that lines that fail can be sent again. */
import type { SpanError } from '../../genai/describe-span.ts';
import { describeSpan } from '../../genai/describe-span.ts';
import type { JsonObject } from '../../recordings/actions/json.ts';
import { genAiSchemas } from '../../trace/index.ts';
import { payloadOf, resultPayloadOf, tokenUsagePayload } from '../../trace/payloads.ts';
import type { DescribedSpan, Format } from './formats/format.ts';
import { tellingFields } from './formats/format.ts';
import { isoOf } from './recorded-nanos.ts';
import type { IndexedTrace, PlacedSpan } from './span-index.ts';
import { endOf, startOf } from './span-index.ts';

/** Shown as the run's agent where the file does not say whose it is, as the official SDK does. */
const UNNAMED_AGENT = 'Agent';

/** Registers the run of a trace under the id of the trace, and starts it. */
export function runActions(
  trace: IndexedTrace,
  { name = UNNAMED_AGENT, externalIdentifier }: DescribedSpan['agentVersion'],
  /** Follows the id of the trace in the name of its run. */
  suffix: string,
): readonly JsonObject[] {
  const { externalIdentifier: schemas, spanTypeSchemas } = genAiSchemas;
  const payload = {
    external_identifier: trace.id + suffix,
    agent_version: { name, external_identifier: externalIdentifier },
    agent_schema_version: { external_identifier: schemas, span_type_schemas: spanTypeSchemas },
  };
  return [
    { type: 'agent_instances/register', instance: trace.id, payload },
    { type: 'agent_instances/start', instance: trace.id, timestamp: isoOf(startOf(trace)) },
  ];
}

/** Finishes the run with the last of its spans; undefined where one has not ended. */
export function runFinish(trace: IndexedTrace, hasFailed: boolean): JsonObject | undefined {
  const end = endOf(trace);
  if (end === undefined) return undefined;
  return {
    type: 'agent_instances/finish',
    instance: trace.id,
    status: hasFailed ? 'failed' : 'complete',
    timestamp: isoOf(end),
  };
}

export interface SpanActionOptions {
  readonly format: Format;
  /** What the file says of the trace, for its first span. */
  readonly ofTrace: JsonObject | undefined;
  /** Applied to all that the span says but its name and where it stands. */
  readonly redact: (value: unknown) => unknown;
}

/** Creates a span as a whole where it has ended, else as active. */
export function spanAction(
  { id: instance }: IndexedTrace,
  { span, parent, orphaned }: PlacedSpan,
  said: DescribedSpan,
  { format, ofTrace, redact }: SpanActionOptions,
): JsonObject & { readonly status: 'active' | 'complete' | 'failed' } {
  const {
    type = 'agent:chain',
    input,
    output,
    error,
    ...described
  } = describeSpan(said.foreign, format.families);
  const { model, tokens, attributes } = described;
  const isOpen = span.end === undefined;
  const system = format.name === 'otlp' ? 'otel' : format.name;
  const result = resultPayloadOf({
    output: redact(output),
    error: redact(error && thrownBy(error)),
    attributes: redact(notEmpty({ [system]: notEmpty(said.endContext) })),
    tokenUsage: tokenUsagePayload(tokens),
  });
  const metadata = tellingFields({
    model,
    attributes,
    [system]: said.context,
    trace: ofTrace,
    // Only what has ended has a result.
    result: isOpen ? notEmpty(result) : undefined,
    note: orphaned && noteOf(span.parentId ?? '', orphaned),
  });
  return {
    type: 'agent_spans/create',
    instance,
    span: span.id,
    parent: parent?.id,
    schema_name: type,
    status: isOpen ? 'active' : error ? 'failed' : 'complete',
    payload: payloadOf(said.foreign.name, redact(input), redact(notEmpty(metadata))),
    result_payload: isOpen ? undefined : result,
    started_at: isoOf(span.start),
    finished_at: span.end === undefined ? undefined : isoOf(span.end),
  };
}

/** In the form of an Error. */
function thrownBy({ type, message, stacktrace }: SpanError): object {
  return { name: type ?? 'Error', message, stack: stacktrace ?? '' };
}

function noteOf(parentId: string, orphaned: 'missing' | 'circle'): string {
  return orphaned === 'missing'
    ? `Imported as a root: its parent ${parentId} is not in the file.`
    : `Imported as a root: its parent ${parentId} is one of its own descendants.`;
}

function notEmpty(fields: JsonObject): JsonObject | undefined {
  const telling = tellingFields(fields);
  return Object.keys(telling).length === 0 ? undefined : telling;
}
