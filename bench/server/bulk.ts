import type { SpanKind } from '../contenders/span.ts';
import * as answers from './answers.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Items that the request held. */
  readonly items: number;
}

const KEY = Buffer.from('"idempotency_key":"');
const ID = Buffer.from('"id":"');
const STATUS = Buffer.from('"status":"');
const ACTIVE = Buffer.from('active"');
const QUOTE = 0x22;

/**
 * Every item succeeds. The body is only searched for keys and ids, since to parse it would cost more
 * than some clients spend on it; so a key has to stand before the item's details.
 */
export function succeed(body: Buffer): Answer {
  const parts: string[] = [];
  const kind = kindOf(body);
  let idAt = body.indexOf(ID);
  let keyAt = body.indexOf(KEY);
  while (keyAt !== -1) {
    const key = textAt(body, keyAt + KEY.length);
    const nextKeyAt = body.indexOf(KEY, keyAt + KEY.length);
    if (idAt !== -1 && idAt < keyAt) idAt = body.indexOf(ID, keyAt);
    const hasId = idAt !== -1 && (nextKeyAt === -1 || idAt < nextKeyAt);
    parts.push(answers.success(kind, key, hasId ? textAt(body, idAt + ID.length) : undefined));
    keyAt = nextKeyAt;
  }
  return { status: 200, text: answers.outputs(parts), items: parts.length };
}

/** The spans of a request are alike, so the first one stands for all. */
export function kindOf(body: Buffer): SpanKind {
  const at = body.indexOf(STATUS);
  if (at === -1) return 'complete';
  const start = at + STATUS.length;
  return body.subarray(start, start + ACTIVE.length).equals(ACTIVE) ? 'open' : 'complete';
}

function textAt(body: Buffer, start: number): string {
  return body.toString('latin1', start, body.indexOf(QUOTE, start));
}

interface Item {
  readonly idempotency_key: string;
  readonly details: {
    readonly id?: string;
    readonly parent_span_id?: string | null;
    readonly payload: { readonly marker?: string };
  };
}

/** Ids that were asked for by items that failed. */
const missing = new Set<string>();

/** The rules of the API: items run in order, and the first error ends the request. */
export function obey(body: Buffer): Answer {
  const { items } = JSON.parse(body.toString()) as { items: readonly Item[] };
  if (items.some(({ details }) => details.payload.marker === 'poison')) {
    return { status: 400, text: '{"status":"error","code":"bad_request"}', items: items.length };
  }
  const kind = kindOf(body);
  const parts: string[] = [];
  for (const { idempotency_key: key, details } of items) {
    const code = errorOf(details);
    if (code !== undefined) {
      parts.push(answers.failure(key, code));
      break;
    }
    parts.push(answers.success(kind, key, details.id));
  }
  return { status: 200, text: answers.outputs(parts), items: items.length };
}

function errorOf({ id, parent_span_id: parentId, payload }: Item['details']): string | undefined {
  const isOrphan = typeof parentId === 'string' && missing.has(parentId);
  if (!isOrphan && payload.marker !== 'fail') return undefined;
  if (id !== undefined) missing.add(id);
  return isOrphan ? 'not_found' : 'validation_error';
}
