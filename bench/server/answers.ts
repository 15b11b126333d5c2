/**
 * Answers of about 380 bytes an item, put together from ready parts: what the server does must cost
 * far less than what its clients do.
 */
import type { SpanKind } from '../contenders/span.ts';
import { INSTANCES } from '../contenders/span.ts';

const HEAD = '{"type":"agent_span","id":"';

/** What follows the id of a span, by its kind. */
const TAILS: Readonly<Record<SpanKind, string>> = {
  complete: tail('complete', 'complete', '"2026-09-01T08:00:00.000Z"'),
  open: tail('open', 'active', 'null'),
};

function tail(kind: SpanKind, status: string, finishedAt: string): string {
  return [
    `","agent_instance_id":"${INSTANCES[kind]}","account_id":"01k6a2v4h0account00000000000000"`,
    `"parent_span_id":null,"schema_name":"agent:llm","status":"${status}"`,
    `"started_at":"2026-09-01T08:00:00.000Z","finished_at":${finishedAt},"sensitive_encoding":false}`,
  ].join(',');
}

/** Ids of the form that the run's has: a PFID, or foreign. */
const IDS: Readonly<Record<SpanKind, (number: string) => string>> = {
  complete: (number) => `01k6a2v4h0server${number.padStart(16, '0')}`,
  open: (number) => `a3f1c2d4-2222-4222-8333-${number.padStart(12, '0')}`,
};

let made = 0;

/** The details of a span under the id that its caller gave, or else a new one. */
export function details(kind: SpanKind, id?: string): string {
  return HEAD + (id ?? IDS[kind](String(made++))) + TAILS[kind];
}

export function success(kind: SpanKind, key: string, id?: string): string {
  return `"${key}":{"status":"success","details":${details(kind, id)}}`;
}

export function failure(key: string, code: string): string {
  return `"${key}":{"status":"error","code":"${code}","message":"This span is not accepted."}`;
}

export function outputs(parts: readonly string[]): string {
  return `{"status":"success","outputs":{${parts.join(',')}}}`;
}
