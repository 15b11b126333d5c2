import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { checkKey } from '../ids/idempotency-key.ts';
import { checkEnvelope } from './action.ts';
import { onlyFields, within } from './field-checks.ts';

/** One item of a bulk request, in wire form: sent as it stands. */
export interface BulkItem {
  /** `agents/list`, `agent_spans/create`, ... */
  readonly _type: string;
  /** 8 to 64 characters, unique within the request. */
  readonly idempotency_key: string;
  readonly [field: string]: unknown;
}

/** A batch that the caller packed: one request, never split and never merged with others. */
export interface BulkRequest {
  /** In the order in which the server is to run them; at least one. */
  readonly items: readonly BulkItem[];
}

/** The answer to a bulk request, as the wire has it. */
export interface BulkResult {
  /** `success` says that the request was processed, not that its items succeeded. */
  readonly status: 'success';
  /**
   * Output of each item by its key. The server stops at the first error, and what it did not reach
   * has none.
   */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Of a whole request: its items and their keys (docs/internals/api.md, "Bulk request"). */
export function checkBulkRequest(request: unknown): readonly PrefactorIssue[] {
  return checkRequest(request) ?? checkItems((request as BulkRequest).items);
}

const checkRequest = onlyFields(() => ({
  items: z.custom(
    (items) => Array.isArray(items) && items.length > 0,
    'an array of at least one item',
  ),
}));

function checkItems(items: readonly BulkItem[]): PrefactorIssue[] {
  const places = new Map<string, number>();
  return items.flatMap((item, place) => {
    const at = `items.${place}`;
    const envelope = checkEnvelope(item);
    if (envelope !== undefined) return within(at, envelope);
    const key = item.idempotency_key;
    const earlier = places.get(key);
    places.set(key, place);
    const problem =
      checkKey(key) ??
      (earlier === undefined ? undefined : `must be unique, but items.${earlier} has it as well`);
    return problem === undefined ? [] : [{ path: `${at}.idempotency_key`, message: problem }];
  });
}
