// Instances: docs/internals/api.md, "Actions", "Registering a run", "Run records" and "Single endpoints".

import { describe, expect, test } from 'vitest';
import type { Fields } from '../../../src/testing/index.ts';
import {
  at,
  bulk,
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

const PFID = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;
const PATH = `agent_instance/${INSTANCE}`;

describe('register', () => {
  test('shows the instance as a whole, and its schema version beside it', async () => {
    const emulator = newEmulator();
    const reply = await post(emulator, 'agent_instance/register', {
      id: INSTANCE,
      agent_id: 'agent-1',
      environment_id: 'environment-1',
      external_identifier: 'ticket-7',
      agent_version: {
        external_identifier: 'v1',
        name: 'Agent',
        description: '',
        // What core 1.1.0 sends with every register (docs/internals/api.md, "Registering a run").
        runtime_environment: {
          agent_sdk: ['ai@7.0.0'],
          os: 'linux',
          prefactor_sdk: ['@prefactor/core@1.1.0'],
          runtime: 'node',
        },
      },
      agent_schema_version: { external_identifier: 's1', span_type_schemas: [] },
      update_current_version: true,
      purpose: 'eval',
      idempotency_key: 'key-00001',
    });
    expect(reply.status).toBe(200);
    expect(reply.body).toStrictEqual({
      status: 'success',
      details: {
        type: 'agent_instance',
        id: INSTANCE,
        account_id: expect.stringMatching(PFID),
        agent_id: 'agent-1',
        agent_version_id: expect.stringMatching(PFID),
        environment_id: 'environment-1',
        agent_deployment_id: expect.stringMatching(PFID),
        status: 'pending',
        inserted_at: NOW_TEXT,
        updated_at: NOW_TEXT,
        started_at: null,
        finished_at: null,
        termination_reason: null,
        span_counts: {
          total: 0,
          pending: 0,
          active: 0,
          complete: 0,
          failed: 0,
          cancelled: 0,
          finished: 0,
        },
        purpose: 'eval',
        quality_payloads: {},
        quality_summaries: {},
        external_identifier: 'ticket-7',
        last_activity_span_at: null,
        raised_alert_count: null,
        cost_breakdown: null,
        risk_score: null,
        span_schema_counts: null,
      },
      agent_schema_version: {
        type: 'agent_schema_version',
        id: expect.stringMatching(PFID),
        external_identifier: 's1',
      },
    });
    expect(emulator.report().breaches).toEqual([]);
  });

  test('needs nothing with a deployment token', async () => {
    const reply = await post(newEmulator(), 'agent_instance/register', {});
    expect(at(reply.body, 'details')).toMatchObject({
      id: expect.stringMatching(PFID),
      agent_id: expect.stringMatching(PFID),
      purpose: 'live',
    });
  });

  test('needs agent and environment with an account token', async () => {
    const reply = await post(newEmulator({ tokenKind: 'account' }), 'agent_instance/register', {});
    expect(at(reply.body, 'errors')).toEqual({
      agent_id: ['is required'],
      environment_id: ['is required'],
    });
  });

  test('takes a name of the caller once for each agent', async () => {
    const emulator = newEmulator({ tokenKind: 'account' });
    const replies = [];
    for (const agent_id of ['agent-1', 'agent-1', 'agent-2']) {
      const body = { agent_id, environment_id: 'live', external_identifier: 'ticket-7' };
      replies.push(await post(emulator, 'agent_instance/register', body));
    }
    expect(replies.map(({ status }) => status)).toEqual([200, 422, 200]);
    expect(replies[1]?.body).toMatchObject({
      code: 'validation_errors',
      errors: { external_identifier: ['has already been taken'] },
    });
  });

  test('refuses an environment of the wrong types', async () => {
    const runtime_environment = { agent_sdk: ['ai', 7], os: 7, prefactor_sdk: 'core', runtime: {} };
    const body = { agent_version: { runtime_environment } };
    const reply = await post(newEmulator(), 'agent_instance/register', body);
    const at = 'agent_version.runtime_environment.';
    expect(reply.body).toMatchObject({
      errors: {
        [`${at}agent_sdk`]: ['must be an array of strings'],
        [`${at}os`]: ['must be a string'],
        [`${at}prefactor_sdk`]: ['must be an array'],
        [`${at}runtime`]: ['must be a string'],
      },
    });
  });

  test('the same version is the same record', async () => {
    const emulator = newEmulator();
    const ids = [];
    for (const external_identifier of ['v1', 'v1', 'v2']) {
      const body = { agent_version: { external_identifier } };
      const reply = await post(emulator, 'agent_instance/register', body);
      ids.push(at(reply.body, 'details', 'agent_version_id'));
    }
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test.each<[string, Fields, Fields]>([
    ['an id that is no PFID', { id: 'i1' }, { id: ['is not a valid id'] }],
    ['a number for the agent', { agent_id: 1 }, { agent_id: ['must be a string'] }],
    ['null for the agent', { agent_id: null }, { agent_id: ["can't be null"] }],
    [
      'an unknown purpose',
      { purpose: 'fun' },
      { purpose: ['must be one of: live, smoke_test, eval'] },
    ],
    ['a text as version', { agent_version: 'v1' }, { agent_version: ['must be an object'] }],
    [
      'a number in the version',
      { agent_version: { name: 1 } },
      { 'agent_version.name': ['must be a string'] },
    ],
    ['an unknown field', { details: {} }, { details: ['is not a known field'] }],
    [
      'an unknown field in the version',
      { agent_version: { id: '1' } },
      { 'agent_version.id': ['is not a known field'] },
    ],
  ])('refuses %s', async (_name, body, errors) => {
    const reply = await post(newEmulator(), 'agent_instance/register', body);
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({
      status: 'error',
      code: 'validation_errors',
      message: 'Invalid agent instance',
      errors,
    });
  });

  test('an id that is taken is refused', async () => {
    const reply = await post(await withInstance(), 'agent_instance/register', { id: INSTANCE });
    expect(reply.status).toBe(422);
    expect(at(reply.body, 'errors')).toEqual({ id: ['has already been taken'] });
  });
});

describe('start', () => {
  test('makes a pending instance active', async () => {
    const emulator = newEmulator();
    await post(emulator, 'agent_instance/register', { id: INSTANCE });
    const reply = await post(emulator, `${PATH}/start`, { timestamp: '2026-09-01T07:00:00Z' });
    expect(at(reply.body, 'details')).toMatchObject({
      status: 'active',
      started_at: '2026-09-01T07:00:00Z',
    });
  });

  test('takes null for the timestamp, and no body at all', async () => {
    for (const body of [{ timestamp: null }, undefined]) {
      const emulator = newEmulator();
      await post(emulator, 'agent_instance/register', { id: INSTANCE });
      const reply = await post(emulator, `${PATH}/start`, body);
      expect(at(reply.body, 'details', 'started_at')).toBe(NOW_TEXT);
    }
  });

  test('of one that has started is an invalid action', async () => {
    const reply = await post(await withInstance(), `${PATH}/start`, {});
    expect(reply.status).toBe(409);
    expect(reply.body).toEqual({
      status: 'error',
      code: 'invalid_action',
      message: 'The agent instance is active already',
    });
  });
});

describe('finish', () => {
  test('defaults to complete, at the present', async () => {
    const reply = await post(await withInstance(), `${PATH}/finish`, {});
    expect(at(reply.body, 'details')).toMatchObject({ status: 'complete', finished_at: NOW_TEXT });
  });

  test.each(['complete', 'failed', 'cancelled'])('takes the status %s', async (status) => {
    const reply = await post(await withInstance(), `${PATH}/finish`, { status });
    expect(at(reply.body, 'details', 'status')).toBe(status);
  });

  test('leaves open spans open', async () => {
    const reply = await post(await withSpan(), `${PATH}/finish`, {});
    expect(at(reply.body, 'details', 'span_counts')).toMatchObject({
      total: 1,
      active: 1,
      finished: 0,
    });
  });

  test('of one that has not started is allowed', async () => {
    const emulator = newEmulator();
    await post(emulator, 'agent_instance/register', { id: INSTANCE });
    const reply = await post(emulator, `${PATH}/finish`, { status: 'cancelled' });
    expect(at(reply.body, 'details')).toMatchObject({ status: 'cancelled', started_at: null });
  });

  test('a second time is an invalid action', async () => {
    const emulator = await withInstance();
    await post(emulator, `${PATH}/finish`, {});
    const reply = await post(emulator, `${PATH}/finish`, {});
    expect(reply.status).toBe(409);
    expect(at(reply.body, 'code')).toBe('invalid_action');
  });

  test.each([{ status: 'active' }, { timestamp: null }, { result_payload: {} }])(
    'refuses %j',
    async (body) => {
      expect((await post(await withInstance(), `${PATH}/finish`, body)).status).toBe(422);
    },
  );
});

describe('record_quality', () => {
  test('keeps the payload by name; null takes it away', async () => {
    const emulator = await withInstance();
    const first = await post(emulator, `${PATH}/record_quality`, {
      name: 'tone',
      payload: { ok: 1 },
    });
    expect(at(first.body, 'details', 'quality_payloads')).toEqual({ tone: { ok: 1 } });
    const next = await post(emulator, `${PATH}/record_quality`, { name: 'tone', payload: null });
    expect(at(next.body, 'details', 'quality_payloads')).toEqual({});
  });

  test('is allowed after the end', async () => {
    const emulator = await withInstance();
    await post(emulator, `${PATH}/finish`, {});
    const reply = await post(emulator, `${PATH}/record_quality`, { name: 'tone', payload: {} });
    expect(reply.status).toBe(200);
  });

  test.each([
    { name: 'tone' },
    { payload: {} },
    { name: '', payload: {} },
    { name: 'tone', payload: [] },
  ])('refuses %j', async (body) => {
    expect((await post(await withInstance(), `${PATH}/record_quality`, body)).status).toBe(422);
  });
});

test.each(['start', 'finish', 'record_quality', 'terminate'])(
  '%s of an unknown instance is not found',
  async (action) => {
    const body = { record_quality: { name: 'tone', payload: {} }, terminate: { reason: 'x' } };
    const fields = at(body, action) ?? {};
    const reply = await post(newEmulator(), `agent_instance/${UNKNOWN}/${action}`, fields);
    expect(reply.status).toBe(404);
    expect(reply.body).toEqual({
      status: 'error',
      code: 'not_found',
      message: 'Agent instance not found',
    });
  },
);

test('a whole run fits into one bulk request', async () => {
  const emulator = newEmulator();
  const id = { agent_instance_id: INSTANCE };
  const reply = await bulk(
    emulator,
    { _type: 'agent_instances/register', idempotency_key: 'register', id: INSTANCE },
    { _type: 'agent_instances/start', idempotency_key: 'start-01', ...id },
    { _type: 'agent_spans/create', idempotency_key: 'create-1', details: span({ id: SPAN }) },
    { _type: 'agent_spans/finish', idempotency_key: 'finish-1', agent_span_id: SPAN },
    {
      _type: 'agent_instances/record_quality',
      idempotency_key: 'quality-1',
      ...id,
      name: 'tone',
      payload: {},
    },
    { _type: 'agent_instances/finish', idempotency_key: 'finish-2', ...id },
    { _type: 'agent_instances/show', idempotency_key: 'show-001', ...id },
  );
  expect(new Set(Object.values(outcomes(reply)))).toEqual(new Set(['success']));
  expect(at(reply.body, 'outputs', 'show-001', 'details')).toMatchObject({
    status: 'complete',
    span_counts: { total: 1, complete: 1, finished: 1 },
  });
  expect(emulator.report().breaches).toEqual([]);
});

test('an instance can be read by its id', async () => {
  const emulator = await withInstance();
  expect(at((await get(emulator, PATH)).body, 'details', 'status')).toBe('active');
  expect((await get(emulator, `agent_instance/${UNKNOWN}`)).status).toBe(404);
  expect((await get(emulator, 'agent_instance/i1')).status).toBe(422);
});

test('an id in the path and in the body is refused', async () => {
  const emulator = await withInstance();
  const reply = await post(emulator, `${PATH}/finish`, { agent_instance_id: INSTANCE });
  expect(reply.status).toBe(422);
  expect(emulator.report().breaches).toHaveLength(1);
});
