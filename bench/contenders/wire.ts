/** What those who batch by hand put on the wire, and how they send it by the global fetch. */
import { HEADERS } from './contender.ts';
import type { Span } from './span.ts';
import { detailsOf } from './span.ts';

export interface Item {
  readonly _type: 'agent_spans/create';
  readonly idempotency_key: string;
  readonly details: object;
}

type Output =
  | { readonly status: 'success'; readonly details: object }
  | { readonly status: 'error'; readonly code: string };

export type Outputs = Readonly<Record<string, Output>>;

/** Sends a batch. */
export type Post = (items: readonly Item[]) => Promise<Outputs>;

const run = crypto.randomUUID().slice(0, 8);
let made = 0;

/** A key by counting, where the caller gives none: the cheapest that is unique. */
export function toItem(span: Span): Item {
  return {
    _type: 'agent_spans/create',
    idempotency_key: span.key ?? `${run}-${made++}`,
    details: detailsOf(span),
  };
}

export function postByFetch(url: string): Post {
  const address = `${url}/api/v1/bulk`;
  return async (items) => {
    const response = await fetch(address, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ items }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return outputsOf(text);
  };
}

/** One span in a request of its own. */
export async function postSingle(url: string, span: Span): Promise<object> {
  const { idempotency_key, details } = toItem(span);
  const response = await fetch(`${url}/api/v1/agent_spans`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ details, idempotency_key }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const answer = JSON.parse(text) as Output;
  if (answer.status === 'error') throw new Error(answer.code);
  return answer.details;
}

export function outputsOf(text: string): Outputs {
  return (JSON.parse(text) as { outputs: Outputs }).outputs;
}

/** The output of one item, as its caller gets it. */
export function resultOf(outputs: Outputs, { idempotency_key }: Item): object {
  const output = Object.hasOwn(outputs, idempotency_key) ? outputs[idempotency_key] : undefined;
  if (output === undefined) throw new Error('not reached');
  if (output.status === 'error') throw new Error(output.code);
  return output.details;
}
