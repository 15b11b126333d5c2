// Spans: docs/internals/api.md, "Actions", "Creating a span", "Span records" and "Status".

import { describe, expect, test } from 'vitest';
import type { Fields, ItemError } from '../../../src/testing/index.ts';
import type { Reply } from '../helpers.ts';
import {
  at,
  bulk,
  CHILD,
  create,
  finish,
  get,
  INSTANCE,
  NOW_TEXT,
  newEmulator,
  outcomes,
  post,
  SPAN,
  span,
  UNKNOWN,
  withInstance,
  withSpan,
} from '../helpers.ts';

const KEY = 'key-00001';

async function createWith(fields: Fields): Promise<Reply> {
  return bulk(await withInstance(), create(KEY, fields));
}

function output(reply: Reply, ...path: readonly string[]): unknown {
  return at(reply.body, 'outputs', KEY, ...path);
}

describe('create', () => {
  test('shows the span as a whole', async () => {
    const reply = await createWith({ id: SPAN, started_at: '2026-09-01T10:00:00+02:00' });
    expect(output(reply)).toStrictEqual({
      status: 'success',
      details: {
        type: 'agent_span',
        id: SPAN,
        account_id: expect.stringMatching(/^[0-9a-z]{32}$/),
        agent_id: expect.stringMatching(/^[0-9a-z]{32}$/),
        agent_instance_id: INSTANCE,
        parent_span_id: null,
        schema_name: 'agent:llm',
        schema_title: 'agent:llm',
        status: 'active',
        payload: { text: 'hello' },
        result_payload: null,
        summary: null,
        started_at: '2026-09-01T10:00:00+02:00',
        finished_at: null,
        sensitive_encoding: false,
        payload_byte_size_estimate: 16,
        purpose: 'activity',
        data_risk: null,
        inserted_at: NOW_TEXT,
        updated_at: NOW_TEXT,
      },
    });
  });

  test('without an id the server makes one in the partition of the instance', async () => {
    const id = output(await createWith({ id: null }), 'details', 'id');
    expect(id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
    expect(String(id).slice(10, 16)).toBe(INSTANCE.slice(10, 16));
  });

  test('defaults started_at to the present, and finished_at of a terminal span too', async () => {
    const open = await createWith({});
    expect(output(open, 'details', 'started_at')).toBe(NOW_TEXT);
    const done = await createWith({ status: 'failed' });
    expect(output(done, 'details', 'finished_at')).toBe(NOW_TEXT);
  });

  test.each(['pending', 'active', 'complete', 'failed', 'cancelled'])(
    'takes the status %s',
    async (status) => {
      expect(output(await createWith({ status }), 'details', 'status')).toBe(status);
    },
  );

  test.each<[string, Fields, Fields]>([
    ['no instance', { agent_instance_id: undefined }, { agent_instance_id: ['is required'] }],
    [
      'null for the instance',
      { agent_instance_id: null },
      { agent_instance_id: ["can't be null"] },
    ],
    [
      'an instance that is no PFID',
      { agent_instance_id: 'i1' },
      { agent_instance_id: ['is not a valid id'] },
    ],
    ['an upper-case id', { id: SPAN.toUpperCase() }, { id: ['is not a valid id'] }],
    ['a parent that is no PFID', { parent_span_id: 7 }, { parent_span_id: ['is not a valid id'] }],
    ['no schema name', { schema_name: undefined }, { schema_name: ['is required'] }],
    ['an empty schema name', { schema_name: '' }, { schema_name: ["can't be blank"] }],
    ['no status', { status: undefined }, { status: ['is required'] }],
    [
      'the status terminated',
      { status: 'terminated' },
      { status: ['must be one of: pending, active, complete, failed, cancelled'] },
    ],
    ['no payload', { payload: undefined }, { payload: ['is required'] }],
    ['a list as payload', { payload: [] }, { payload: ['must be an object'] }],
    [
      'a text as result',
      { status: 'complete', result_payload: 'x' },
      { result_payload: ['must be an object'] },
    ],
    [
      'a result of a running span',
      { result_payload: {} },
      { result_payload: ['needs a terminal status'] },
    ],
    [
      'an end of a running span',
      { finished_at: NOW_TEXT },
      { finished_at: ['needs a terminal status'] },
    ],
    [
      'a time without zone',
      { started_at: '2026-09-01T08:00:00' },
      { started_at: ['is not an ISO 8601 timestamp'] },
    ],
    ['a number as time', { started_at: 1 }, { started_at: ['is not an ISO 8601 timestamp'] }],
    [
      'the 30th of February',
      { started_at: '2026-02-30T08:00:00Z' },
      { started_at: ['is not an ISO 8601 timestamp'] },
    ],
    [
      'null for sensitive_encoding',
      { sensitive_encoding: null },
      { sensitive_encoding: ["can't be null"] },
    ],
    [
      'a text for sensitive_encoding',
      { sensitive_encoding: 'yes' },
      { sensitive_encoding: ['must be a boolean'] },
    ],
    [
      'several at once',
      { status: 1, payload: 1 },
      { status: [expect.any(String)], payload: [expect.any(String)] },
    ],
    [
      'a status that is none, whatever follows from it',
      { status: 'open', finished_at: NOW_TEXT },
      { status: [expect.any(String)] },
    ],
  ])('refuses %s', async (_name, fields, errors) => {
    const reply = await createWith(fields);
    expect(output(reply)).toEqual({
      status: 'error',
      code: 'validation_errors',
      message: 'Invalid span',
      errors,
    });
  });

  test.each(['2026-02-28T23:59:59Z', '2028-02-29T00:00:00.123456Z', '2026-12-31T00:00:00.1-11:30'])(
    'takes the time %s as it stands',
    async (text) => {
      expect(output(await createWith({ started_at: text }), 'details', 'started_at')).toBe(text);
    },
  );

  test('takes null where the API does', async () => {
    const reply = await createWith({
      id: null,
      parent_span_id: null,
      result_payload: null,
      started_at: null,
      finished_at: null,
    });
    expect(outcomes(reply)).toEqual({ [KEY]: 'success' });
  });

  test('refuses an unknown field and reports it', async () => {
    const emulator = await withInstance();
    const reply = await bulk(emulator, create(KEY, { colour: 'red' }));
    expect(output(reply, 'errors')).toEqual({ colour: ['is not a known field'] });
    expect(emulator.report().breaches).toEqual([
      'Request 3: Unknown field "details.colour" (agent_spans/create "key-00001")',
    ]);
  });

  test.each([true, false])('refuses flat fields, strict or not (%s)', async (strict) => {
    const emulator = await withInstance({ strict });
    const item = { _type: 'agent_spans/create', idempotency_key: KEY, ...span() };
    const reply = await bulk(emulator, item);
    expect(output(reply, 'errors')).toMatchObject({ details: ['is required'] });
    expect(output(reply, 'errors')).not.toHaveProperty('payload', ['is required']);
    expect(emulator.report().breaches[0]).toContain('span fields outside of details');
  });

  test('refuses a key inside of details', async () => {
    const reply = await createWith({ idempotency_key: KEY });
    expect(output(reply, 'errors')).toEqual({ idempotency_key: ['is not a known field'] });
  });

  test.each([
    ['an unknown instance', { agent_instance_id: UNKNOWN }, 'Agent instance not found'],
    ['an unknown parent', { parent_span_id: UNKNOWN }, 'Parent span not found'],
  ])('%s is not found', async (_name, fields, message) => {
    expect(output(await createWith(fields))).toEqual({
      status: 'error',
      code: 'not_found',
      message,
    });
  });

  test('an id that is taken is refused, whoever has it', async () => {
    const emulator = await withSpan();
    for (const id of [SPAN, INSTANCE]) {
      const reply = await post(emulator, 'agent_spans', { details: span({ id }) });
      expect(reply.status).toBe(422);
      expect(reply.body).toEqual({
        status: 'error',
        code: 'validation_errors',
        message: 'Invalid span',
        errors: { id: ['has already been taken'] },
      });
    }
  });

  test.each<[ItemError, number, object]>([
    [{ code: 'invalid_action' }, 409, { code: 'invalid_action', message: 'Invalid span' }],
    [
      { message: 'There is one' },
      422,
      { code: 'validation_errors', message: 'There is one', errors: { base: ['There is one'] } },
    ],
    [
      { errors: { id: ['taken'] } },
      422,
      { code: 'validation_errors', message: 'Invalid span', errors: { id: ['taken'] } },
    ],
  ])('what a taken id gets may be another: %j', async (takenId, status, error) => {
    const reply = await post(await withSpan({ takenId }), 'agent_spans', {
      details: span({ id: SPAN }),
    });
    expect(reply).toMatchObject({ status, body: { status: 'error', ...error } });
  });

  test('a parent in another instance is refused', async () => {
    const emulator = await withSpan();
    const other = at((await post(emulator, 'agent_instance/register', {})).body, 'details', 'id');
    const reply = await bulk(
      emulator,
      create(KEY, { agent_instance_id: other, parent_span_id: SPAN }),
    );
    expect(output(reply, 'errors')).toEqual({ parent_span_id: ['is of another instance'] });
  });

  test('an id of another partition is refused only if the option says so', async () => {
    const id = `${SPAN.slice(0, 10)}000007${SPAN.slice(16)}`;
    expect(outcomes(await createWith({ id }))).toEqual({ [KEY]: 'success' });
    const reply = await bulk(await withInstance({ samePartition: true }), create(KEY, { id }));
    expect(output(reply, 'errors')).toEqual({ id: ['is of another partition than its instance'] });
  });

  test('an instance that has finished takes no more spans', async () => {
    const emulator = await withInstance();
    await post(emulator, `agent_instance/${INSTANCE}/finish`, {});
    expect(output(await bulk(emulator, create(KEY)))).toEqual({
      status: 'error',
      code: 'invalid_action',
      message: 'The agent instance is complete already',
    });
  });

  test('an instance that has not started takes spans', async () => {
    const emulator = newEmulator();
    await post(emulator, 'agent_instance/register', { id: INSTANCE });
    expect(outcomes(await bulk(emulator, create(KEY)))).toEqual({ [KEY]: 'success' });
  });
});

describe('finish', () => {
  test('defaults to complete, at the present', async () => {
    const reply = await bulk(await withSpan(), finish(KEY));
    expect(output(reply, 'details')).toMatchObject({
      id: SPAN,
      status: 'complete',
      finished_at: NOW_TEXT,
      result_payload: null,
    });
  });

  test('stores what it says', async () => {
    const emulator = await withSpan();
    const reply = await bulk(
      emulator,
      finish(KEY, {
        status: 'failed',
        timestamp: '2026-09-01T09:00:00.000Z',
        result_payload: { error: 'x' },
        sensitive_encoding: true,
      }),
    );
    expect(output(reply, 'details')).toMatchObject({
      status: 'failed',
      finished_at: '2026-09-01T09:00:00.000Z',
      result_payload: { error: 'x' },
      sensitive_encoding: true,
      payload_byte_size_estimate: 16 + 13,
    });
  });

  test.each(['pending', 'active'])('cancels a span that is %s', async (status) => {
    const emulator = await withInstance();
    await post(emulator, 'agent_spans', { details: span({ id: SPAN, status }) });
    const reply = await bulk(emulator, finish(KEY, { status: 'cancelled' }));
    expect(output(reply, 'details', 'status')).toBe('cancelled');
  });

  test.each<[string, Fields, Fields]>([
    ['no span', { agent_span_id: undefined }, { agent_span_id: ['is required'] }],
    ['a span that is no PFID', { agent_span_id: 's1' }, { agent_span_id: ['is not a valid id'] }],
    [
      'the status active',
      { status: 'active' },
      { status: ['must be one of: complete, failed, cancelled'] },
    ],
    ['null for the status', { status: null }, { status: ["can't be null"] }],
    ['a list as result', { result_payload: [] }, { result_payload: ['must be an object'] }],
    ['a wrong time', { timestamp: 'now' }, { timestamp: ['is not an ISO 8601 timestamp'] }],
    ['an unknown field', { finished_at: NOW_TEXT }, { finished_at: ['is not a known field'] }],
  ])('refuses %s', async (_name, fields, errors) => {
    const reply = await bulk(await withSpan(), finish(KEY, fields));
    expect(output(reply)).toEqual({
      status: 'error',
      code: 'validation_errors',
      message: 'Invalid finish',
      errors,
    });
  });

  test('before the create, the span is not found', async () => {
    const reply = await bulk(await withInstance(), finish(KEY), create('key-00002', { id: SPAN }));
    expect(outcomes(reply)).toEqual({ [KEY]: 'not_found' });
  });

  test('of a span that is done already is an invalid action', async () => {
    const emulator = await withSpan();
    await bulk(emulator, finish('key-00002'));
    const reply = await bulk(emulator, finish(KEY));
    expect(output(reply)).toEqual({
      status: 'error',
      code: 'invalid_action',
      message: 'The span is complete already',
    });
  });

  test('may come after the finish of its instance', async () => {
    const emulator = await withSpan();
    await post(emulator, `agent_instance/${INSTANCE}/finish`, {});
    expect(outcomes(await bulk(emulator, finish(KEY)))).toEqual({ [KEY]: 'success' });
  });
});

describe('queries', () => {
  test('a span can be read by its id', async () => {
    const emulator = await withSpan();
    const reply = await get(emulator, `agent_spans/${SPAN}?redacted=false`);
    expect(reply.status).toBe(200);
    expect(at(reply.body, 'details', 'id')).toBe(SPAN);
    expect((await get(emulator, `agent_spans/${CHILD}`)).status).toBe(404);
    expect((await get(emulator, 'agent_spans/s1')).status).toBe(422);
  });

  test('a list of spans needs an account token, an instance and a range', async () => {
    const query = `agent_spans?agent_instance_id=${INSTANCE}&start_time=2026-09-01T08:00:00Z&end_time=2026-09-01T09:00:00Z`;
    expect((await get(await withSpan(), query)).status).toBe(401);

    const emulator = newEmulator({ tokenKind: 'account' });
    await post(emulator, 'agent_instance/register', {
      id: INSTANCE,
      agent_id: 'a',
      environment_id: 'e',
    });
    await post(emulator, 'agent_spans', { details: span({ id: SPAN }) });
    const early = span({ id: CHILD, started_at: '2026-09-01T07:00:00Z' });
    await post(emulator, 'agent_spans', { details: early });
    const reply = await get(emulator, query);
    expect(at(reply.body, 'summaries')).toEqual([
      expect.objectContaining({ id: SPAN, risk_level: null, risk_score: null }),
    ]);
    expect((await get(emulator, 'agent_spans')).status).toBe(422);
    expect((await get(emulator, query.replace(INSTANCE, UNKNOWN))).status).toBe(404);
  });
});
