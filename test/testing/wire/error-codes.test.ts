// docs/internals/api.md, "Error codes": the whole list, which is closed. Whatever goes wrong, no other word is in an
// answer.

import { expect, test } from 'vitest';
import type { Emulator } from '../../../src/testing/index.ts';
import type { Reply } from '../helpers.ts';
import {
  at,
  bulk,
  create,
  finish,
  get,
  HEADERS,
  INSTANCE,
  newEmulator,
  post,
  SPAN,
  send,
  span,
  UNKNOWN,
  withSpan,
} from '../helpers.ts';

const CODES = new Set([
  'bad_request',
  'bad_authtoken',
  'not_authenticated',
  'not_permitted',
  'not_implemented',
  'unknown',
  'not_found',
  'unexpected_ref_type',
  'unexpected',
  'invalid_action',
  'alert_unknown',
  'alert_already_cleared',
  'invalid_value',
  'required_value',
  'idempotency_key_already_used',
  'temporarily_unavailable',
  'validation_errors',
  'rate_limited',
]);

/** All `code`s in an answer, however deep, each with the object that it stands in. */
function codesIn(value: unknown): [code: unknown, error: object][] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(codesIn);
  return 'code' in value ? [[value.code, value], ...inner] : inner;
}

function expectListed({ body }: Reply): void {
  const found = codesIn(body);
  expect(found).not.toEqual([]);
  for (const [code, error] of found) {
    expect(CODES).toContain(code);
    // Both are required by the API's own types.
    if (code === 'validation_errors') expect(at(error, 'errors')).toEqual(expect.any(Object));
    if (code === 'rate_limited') expect(at(error, 'retry_after_ms')).toEqual(expect.any(Number));
  }
}

type Wrong = (emulator: Emulator) => Promise<Reply>;
const LIST = { _type: 'agents/list', idempotency_key: 'list-of-agents' };
const withHeaders =
  (headers: Readonly<Record<string, string>>): Wrong =>
  (emulator) =>
    send(emulator, 'POST', 'bulk', JSON.stringify({ items: [LIST] }), { ...HEADERS, ...headers });

test.each<[string, Wrong]>([
  ['no token', withHeaders({ authorization: '' })],
  ['another content type', withHeaders({ 'content-type': 'text/plain' })],
  ['a compressed body', withHeaders({ 'content-encoding': 'gzip' })],
  ['a body that is no JSON', (emulator) => send(emulator, 'POST', 'bulk', '{')],
  ['no such path', (emulator) => get(emulator, 'agents')],
  ['another method', (emulator) => get(emulator, 'bulk')],
  ['no items', (emulator) => bulk(emulator)],
  ['a field beside items', (emulator) => post(emulator, 'bulk', { items: [LIST], more: 1 })],
  ['an incomplete item', (emulator) => bulk(emulator, {})],
  ['a short key', (emulator) => bulk(emulator, { ...LIST, idempotency_key: 'short' })],
  ['a key twice', (emulator) => bulk(emulator, LIST, LIST)],
  ['an unknown type', (emulator) => bulk(emulator, { ...LIST, _type: 'agents/destroy' })],
  [
    'a used key',
    async (emulator) => {
      await bulk(emulator, create('key-00001'));
      return bulk(emulator, create('key-00001', { schema_name: 'other' }));
    },
  ],
  ['wrong fields', (emulator) => bulk(emulator, create('key-00001', { status: 'odd', more: 1 }))],
  ['an unknown run', (emulator) => post(emulator, `agent_instance/${UNKNOWN}/start`, {})],
  [
    'an unknown parent',
    (emulator) => bulk(emulator, create('key-00001', { parent_span_id: UNKNOWN })),
  ],
  ['a taken id of a span', (emulator) => bulk(emulator, create('key-00001', { id: SPAN }))],
  [
    'a taken id of a run',
    (emulator) => post(emulator, 'agent_instance/register', { id: INSTANCE }),
  ],
  ['a second start', (emulator) => post(emulator, `agent_instance/${INSTANCE}/start`, {})],
  [
    'a second finish',
    async (emulator) => {
      await bulk(emulator, finish('key-00001'));
      return bulk(emulator, finish('key-00002'));
    },
  ],
  ['a list for a token that may not', (emulator) => get(emulator, 'agent_spans')],
  [
    'a number for a key',
    (emulator) => post(emulator, 'agent_spans', { details: span(), idempotency_key: 7 }),
  ],
  [
    'an id in path and body',
    (emulator) => post(emulator, `agent_spans/${SPAN}/finish`, { agent_span_id: SPAN }),
  ],
  ['a number of ids that is none', (emulator) => post(emulator, 'pfid/generate', { count: 0 })],
  [
    'ids of another account',
    (emulator) => post(emulator, 'pfid/generate', { count: 1, account_id: SPAN }),
  ],
  [
    'an unknown field of a request for ids',
    (emulator) => post(emulator, 'pfid/generate', { count: 1, more: 1 }),
  ],
  [
    'a refused item',
    (emulator) => {
      emulator.faults.refuse('list-of-agents');
      return bulk(emulator, LIST);
    },
  ],
  [
    'an item that is to wait',
    (emulator) => {
      emulator.faults.refuse('list-of-agents', { code: 'rate_limited' });
      return bulk(emulator, LIST);
    },
  ],
])('%s is answered with codes of the list', async (_name, wrong) => {
  expectListed(await wrong(await withSpan({ strict: true })));
});

test.each(Array.from({ length: 200 }, (_, i) => 400 + i))(
  'a fault of status %i has a code of the list',
  async (status) => {
    const emulator = newEmulator();
    emulator.faults.next({ kind: 'status', status });
    expectListed(await bulk(emulator, LIST));
  },
);

test.each([
  [{ maxItems: 1 }, 422],
  [{ maxBytes: 100 }, 413],
  [{ maxPerSecond: 1 }, 429],
  [{ maxInFlight: 0 }, 503],
])('the limit %j is told with codes of the list', async (limit, status) => {
  const emulator = newEmulator(limit);
  await bulk(emulator, LIST);
  const reply = await bulk(emulator, LIST, { ...LIST, idempotency_key: 'another-list' });
  expect(reply.status).toBe(status);
  expectListed(reply);
});
