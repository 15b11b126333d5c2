// One valid value of each kind, and the shortest way to send it. A test states what matters to it.

import type { EmulatorOptions, Fields } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';

export const ORIGIN = 'https://emulator.test';
/** An odd time, in Unix milliseconds: 2026-09-01T08:00:00.123Z. */
export const NOW = 1_788_249_600_123;
export const NOW_TEXT = '2026-09-01T08:00:00.123Z';
export const HEADERS: Readonly<Record<string, string>> = {
  authorization: 'Bearer test-token',
  'content-type': 'application/json',
  accept: 'application/json',
  'x-prefactor-sdk': 'our-batcher@0.1.0',
};

// Ids at their full 32 characters.
export const INSTANCE = '01k3zxw0000000a1b2c3000000000001';
export const SPAN = '01k3zxw0000000a1b2c300000000000a';
export const CHILD = '01k3zxw0000000a1b2c300000000000b';
export const UNKNOWN = '01k3zxw0000000a1b2c300000000000z';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; the text where it is none. */
  readonly body: unknown;
}

export function newEmulator(options: EmulatorOptions = {}): Emulator {
  return new Emulator({ now: () => NOW, strict: true, ...options });
}

/** An emulator that has the instance `INSTANCE`, started. */
export async function withInstance(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = newEmulator(options);
  await post(emulator, 'agent_instance/register', { id: INSTANCE });
  await post(emulator, `agent_instance/${INSTANCE}/start`, {});
  return emulator;
}

/** The same, with the open span `SPAN`. */
export async function withSpan(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await withInstance(options);
  await post(emulator, 'agent_spans', { details: span({ id: SPAN }) });
  return emulator;
}

export function span(fields: Fields = {}): Fields {
  return {
    agent_instance_id: INSTANCE,
    schema_name: 'agent:llm',
    status: 'active',
    payload: { text: 'hello' },
    ...fields,
  };
}

export function create(key: string, fields: Fields = {}): Fields {
  return { _type: 'agent_spans/create', idempotency_key: key, details: span(fields) };
}

export function finish(key: string, fields: Fields = {}): Fields {
  return { _type: 'agent_spans/finish', idempotency_key: key, agent_span_id: SPAN, ...fields };
}

export async function send(
  emulator: Emulator,
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = HEADERS,
): Promise<Reply> {
  const response = await emulator.fetch(`${ORIGIN}/api/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return readReply(response);
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // A page, or half of an answer: the text says it.
  }
  return { status: response.status, headers: response.headers, body };
}

export function post(emulator: Emulator, path: string, body: unknown): Promise<Reply> {
  return send(emulator, 'POST', path, JSON.stringify(body));
}

export function get(emulator: Emulator, path: string): Promise<Reply> {
  return send(emulator, 'GET', path);
}

export function bulk(emulator: Emulator, ...items: readonly unknown[]): Promise<Reply> {
  return post(emulator, 'bulk', { items });
}

/** The outputs of a bulk answer, each as `success` or its error's code. */
export function outcomes(reply: Reply): Record<string, unknown> {
  const outputs = at(reply.body, 'outputs') as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(outputs).map(([key, output]) => [
      key,
      at(output, 'status') === 'success' ? 'success' : at(output, 'code'),
    ]),
  );
}

/** The value at a path of fields; `undefined` where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string, unknown>> | undefined)?.[name],
    value,
  );
}
