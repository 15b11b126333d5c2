import { describe, expect, test } from 'vitest';
import { OutputReader } from '../../src/pipeline/output-reader.ts';

const parse = (json: string): unknown => JSON.parse(json);
const reader = new OutputReader({
  onTerminate: () => {},
  redact: (text) => text,
  engine: { idOf: (name) => name },
});
const readOf = (type: string, output: unknown, raw = false) =>
  reader.read(output, { type, raw, instance: undefined });
const read = (output: unknown) => readOf('agent_spans/create', output);
const readRaw = (output: unknown) => readOf('agents/list', output, true);
const success = (details: unknown, more: object = {}) => ({ status: 'success', details, ...more });

/** What was read of a success. */
function fieldsOf(output: unknown): Record<string, unknown> {
  const reading = read(output);
  if (reading.kind !== 'success') throw new Error(reading.kind);
  return Object(reading.value);
}

describe('an output is a success', () => {
  test('with all fields of a span', () => {
    const details = {
      type: 'agent_span',
      id: 'span',
      account_id: 'account',
      agent_id: null,
      agent_instance_id: 'run',
      parent_span_id: null,
      schema_name: 'agent:llm',
      schema_title: 'LLM',
      status: 'complete',
      payload: { a_b: { c_d: 1 } },
      result_payload: null,
      summary: null,
      started_at: '2026-09-01T08:00:00.000Z',
      finished_at: null,
      sensitive_encoding: false,
      payload_byte_size_estimate: 12,
      purpose: 'activity',
      data_risk: null,
      risk_level: 'low',
      risk_score: 1,
      inserted_at: null,
      updated_at: null,
    };
    const reading = read(success(details));
    expect(reading).toStrictEqual({
      kind: 'success',
      id: 'span',
      value: {
        type: 'agent_span',
        id: 'span',
        accountId: 'account',
        agentId: null,
        agentInstanceId: 'run',
        parentSpanId: null,
        schemaName: 'agent:llm',
        schemaTitle: 'LLM',
        status: 'complete',
        payload: { a_b: { c_d: 1 } },
        resultPayload: null,
        summary: null,
        startedAt: '2026-09-01T08:00:00.000Z',
        finishedAt: null,
        sensitiveEncoding: false,
        payloadByteSizeEstimate: 12,
        purpose: 'activity',
        dataRisk: null,
        riskLevel: 'low',
        riskScore: 1,
        insertedAt: null,
        updatedAt: null,
      },
    });
    expect(fieldsOf(success(details))['payload']).toBe(details.payload);
  });

  test('with all fields of an instance', () => {
    const details = {
      type: 'agent_instance',
      id: 'run',
      account_id: 'a',
      agent_id: 'b',
      agent_version_id: 'c',
      environment_id: 'd',
      agent_deployment_id: 'e',
      status: 'active',
      inserted_at: 'f',
      updated_at: 'g',
      started_at: null,
      finished_at: null,
      termination_reason: null,
      span_counts: { total: 1 },
      purpose: 'live',
      quality_payloads: {},
      quality_summaries: {},
      external_identifier: null,
      last_activity_span_at: null,
      raised_alert_count: null,
      cost_breakdown: null,
      risk_score: null,
      span_schema_counts: null,
    };
    const reading = readOf('agent_instances/start', success(details));
    expect(reading.kind === 'success' && Object.keys(Object(reading.value))).toEqual([
      'type',
      'id',
      'accountId',
      'agentId',
      'agentVersionId',
      'environmentId',
      'agentDeploymentId',
      'status',
      'insertedAt',
      'updatedAt',
      'startedAt',
      'finishedAt',
      'terminationReason',
      'spanCounts',
      'purpose',
      'qualityPayloads',
      'qualitySummaries',
      'externalIdentifier',
      'lastActivitySpanAt',
      'raisedAlertCount',
      'costBreakdown',
      'riskScore',
      'spanSchemaCounts',
    ]);
  });

  test('with no field but the id', () => {
    expect(read(success({ id: 'span' }))).toStrictEqual({
      kind: 'success',
      id: 'span',
      value: { id: 'span' },
    });
  });

  test('with fields of any type, as long as the id is one', () => {
    expect(fieldsOf(success({ id: 'x', status: [], payload: 7, started_at: {} }))).toStrictEqual({
      id: 'x',
      status: [],
      payload: 7,
      startedAt: {},
    });
  });
});

test('fields that the API added later stand under one name, each under its own', () => {
  const laterFields = { brand_new_field: 1, plain: { a_b: 2 }, agentId: null };
  expect(fieldsOf(success({ id: 'x', agent_id: 'y', ...laterFields }))).toStrictEqual({
    id: 'x',
    agentId: 'y',
    laterFields,
  });
  const run = readOf(
    'agent_instances/start',
    success({ id: 'x', agent_id: 'y', schema_name: 'z' }),
  );
  expect(run).toMatchObject({ value: { agentId: 'y', laterFields: { schema_name: 'z' } } });
});

test('a control is passed on where it is an object, and only beside details', () => {
  const control = { terminate: true, reason: null, more: 1 };
  expect(fieldsOf(success({ id: 'x' }, { control }))).toStrictEqual({ id: 'x', control });
  expect(fieldsOf(success({ id: 'x', control }))).toStrictEqual({
    id: 'x',
    laterFields: { control },
  });
});

test.each(['yes', 7, null, true, [{ terminate: true }]])(
  'a control of %j is ignored',
  (control) => {
    expect(fieldsOf(success({ id: 'x' }, { control }))).toStrictEqual({ id: 'x' });
  },
);

describe('hostile fields do no harm', () => {
  test('__proto__ changes no prototype', () => {
    const details = parse('{"id":"x","__proto__":{"isAdmin":true},"constructor":1,"to_string":2}');
    const value = fieldsOf(success(details));
    const later = Object(value['laterFields']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(later)).toBe(Object.prototype);
    expect(value['isAdmin']).toBeUndefined();
    expect(Object.entries(later)).toEqual([
      ['constructor', 1],
      ['to_string', 2],
    ]);
  });

  test('names that look like numbers, and empty ones, are names', () => {
    expect(fieldsOf(success(parse('{"id":"x","0":1,"__":2,"":3}')))).toStrictEqual({
      id: 'x',
      laterFields: { 0: 1, __: 2, '': 3 },
    });
  });

  test('what is only inherited does not count', () => {
    expect(read(Object.create(success({ id: 'x' })))).toEqual({ kind: 'malformed' });
    expect(read(success(Object.create({ id: 'x' })))).toEqual({ kind: 'malformed' });
    expect(read(parse('{"__proto__":{"status":"success","details":{"id":"x"}}}'))).toEqual({
      kind: 'malformed',
    });
  });
});

test.each([
  undefined,
  null,
  'success',
  7,
  [],
  success(undefined),
  success(null),
  success('x'),
  success([{ id: 'x' }]),
  success({}),
  success({ id: '' }),
  success({ id: 7 }),
  success({ id: null }),
  success({ id: ['x'] }),
])('%j is malformed', (output) => {
  expect(read(output)).toEqual({ kind: 'malformed' });
});

describe('an output is an error', () => {
  test.each([
    ['validation_errors', undefined],
    ['conflict', 'exists'],
    ['invalid_action', 'state'],
    ['idempotency_key_already_used', 'used'],
    ['a code that nobody knows', undefined],
  ])('with the code %s', (code, conflict) => {
    expect(read({ status: 'error', code, message: 'm', errors: {} })).toEqual({
      kind: 'error',
      code,
      conflict,
    });
  });

  test.each<[unknown, 'exists' | undefined]>([
    [{ id: ['has already been taken'] }, 'exists'],
    [{ id: { status: 'error', code: 'invalid_value' } }, 'exists'],
    [{ id: ['is taken'], schema_name: ['is unknown'] }, undefined],
    [{ agent_instance_id: ['is unknown'] }, undefined],
    [parse('{"__proto__":["is taken"]}'), undefined],
    [['id'], undefined],
    ['id', undefined],
    [null, undefined],
  ])('that finds %j wrong: what was to be made %s', (errors, conflict) => {
    const output = { status: 'error', code: 'validation_errors', message: 'm', errors };
    expect(read(output)).toMatchObject({ kind: 'error', conflict });
    expect(read({ ...output, code: 'bad_request' })).toMatchObject({ conflict: undefined });
  });

  test.each([{}, { code: 7 }, { code: '' }, { code: null }])('without a code: %j', (more) => {
    expect(read({ status: 'error', ...more })).toMatchObject({ kind: 'error', code: undefined });
  });
});

test.each(['Success', 'ok', '', 7, null, undefined])(
  'what an output with the status %j means, nobody can say',
  (status) => {
    expect(read({ status, details: { id: 'x' } })).toEqual({ kind: 'malformed' });
    expect(readRaw({ status, code: 'x' })).toEqual({ kind: 'malformed' });
  },
);

describe('an output of any type', () => {
  test('is the value as it came, with the id that it may have', () => {
    const output = success({ id: 'x', a_b: 1 });
    expect(readRaw(output)).toEqual({ kind: 'success', id: 'x', value: output });
    const list = { status: 'success', summaries: [] };
    expect(readRaw(list)).toEqual({ kind: 'success', id: undefined, value: list });
  });

  test('is malformed or an error as others are', () => {
    expect(readRaw([])).toEqual({ kind: 'malformed' });
    expect(readRaw({ status: 'error', code: 'not_found' })).toMatchObject({ code: 'not_found' });
  });
});
