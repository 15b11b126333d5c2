// Single endpoints of spans: docs/internals/api.md, "Single endpoints". Instances have theirs in instances.test.ts.

import { expect, test } from 'vitest';
import {
  at,
  bulk,
  create,
  finish,
  post,
  SPAN,
  span,
  UNKNOWN,
  withInstance,
  withSpan,
} from '../helpers.ts';

test('a single create answers what the bulk output would say', async () => {
  const single = await post(await withInstance(), 'agent_spans', {
    details: span({ id: SPAN }),
    idempotency_key: 'key-00001',
  });
  const batched = await bulk(await withInstance(), create('key-00001', { id: SPAN }));
  expect(single.status).toBe(200);
  expect(single.body).toEqual(at(batched.body, 'outputs', 'key-00001'));
});

test('a single finish answers what the bulk output would say', async () => {
  const single = await post(await withSpan(), `agent_spans/${SPAN}/finish`, {
    status: 'failed',
    result_payload: { a: 1 },
  });
  const batched = await bulk(
    await withSpan(),
    finish('key-00001', { status: 'failed', result_payload: { a: 1 } }),
  );
  expect(single.body).toEqual(at(batched.body, 'outputs', 'key-00001'));
});

test.each([
  ['validation_errors', 422, 'agent_spans', { details: span({ status: 'odd' }) }],
  ['not_found', 404, 'agent_spans', { details: span({ parent_span_id: UNKNOWN }) }],
  ['validation_errors', 422, 'agent_spans', { details: span({ id: SPAN }) }],
  ['not_found', 404, `agent_spans/${UNKNOWN}/finish`, {}],
])('the code %s has the status %i', async (code, status, path, body) => {
  const reply = await post(await withSpan(), path, body);
  expect(reply.status).toBe(status);
  expect(at(reply.body, 'code')).toBe(code);
});

test('a key inside of details is refused, where Python puts it', async () => {
  const emulator = await withInstance();
  const details = span({ idempotency_key: 'key-00001' });
  const reply = await post(emulator, 'agent_spans', { details });
  expect(at(reply.body, 'errors')).toEqual({ idempotency_key: ['is not a known field'] });
  expect(emulator.report().breaches).toHaveLength(1);
});

test('requests are counted by their route', async () => {
  const emulator = await withSpan();
  await post(emulator, `agent_spans/${SPAN}/finish`, {});
  expect(emulator.report().requests).toEqual({
    all: 4,
    bulk: 0,
    byPath: {
      'POST /api/v1/agent_instance/register': 1,
      'POST /api/v1/agent_instance/{id}/start': 1,
      'POST /api/v1/agent_spans': 1,
      'POST /api/v1/agent_spans/{id}/finish': 1,
    },
  });
});
