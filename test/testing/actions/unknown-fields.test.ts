// What the API does not know it drops, without a word (docs/internals/api.md, "Actions"); the emulator says so in its
// report.

import { describe, expect, test } from 'vitest';
import type { AnsweredRequest, Fields } from '../../../src/testing/index.ts';
import type { Reply } from '../helpers.ts';
import { at, bulk, create, finish, INSTANCE, post, SPAN, span, withSpan } from '../helpers.ts';

const register = (fields: Fields): [string, Fields] => ['agent_instance/register', fields];
const PROFILE = {
  create_data: 'unknown',
  read_data: 'allowed',
  update_data: 'unknown',
  destroy_data: 'unknown',
  financial_transactions: 'unknown',
  external_communication: 'unknown',
};
const RISK = {
  action_profile: PROFILE,
  params_data_categories: {},
  result_data_categories: {},
};
const type = (fields: Fields): [string, Fields] =>
  register({
    agent_schema_version: {
      span_type_schemas: [{ name: 'a', params_schema: {}, ...fields }],
    },
  });
const TYPE = 'agent_instances/register: agent_schema_version.span_type_schemas.0';
const colour = 1;

const CASES: readonly [field: string, request: [path: string, body: Fields]][] = [
  ['bulk: colour', ['bulk', { items: [create('key-00001')], colour }]],
  ['agent_spans/create: colour', ['bulk', { items: [{ ...create('key-00001'), colour }] }]],
  ['agent_spans/create: details.colour', ['bulk', { items: [create('key-00001', { colour })] }]],
  ['agent_spans/create: colour', ['agent_spans', { details: span(), colour }]],
  // Where Python puts it, next to the one that counts.
  [
    'agent_spans/create: details.idempotency_key',
    ['agent_spans', { details: span({ idempotency_key: 'key-00001' }) }],
  ],
  ['agent_spans/finish: colour', ['bulk', { items: [finish('key-00001', { colour })] }]],
  ['agent_instances/finish: colour', [`agent_instance/${INSTANCE}/finish`, { colour }]],
  [
    'agent_instances/finish: agent_instance_id',
    [`agent_instance/${INSTANCE}/finish`, { agent_instance_id: SPAN }],
  ],
  [
    'agent_instances/record_quality: colour',
    [`agent_instance/${INSTANCE}/record_quality`, { name: 'tone', payload: null, colour }],
  ],
  [
    'agents/list: colour',
    ['bulk', { items: [{ _type: 'agents/list', idempotency_key: 'key-00001', colour }] }],
  ],
  ['pfid/generate: colour', ['pfid/generate', { count: 1, colour }]],
  ['agent_instances/register: colour', register({ colour })],
  ['agent_instances/register: agent_version.colour', register({ agent_version: { colour } })],
  [
    'agent_instances/register: agent_version.runtime_environment.colour',
    register({ agent_version: { runtime_environment: { colour } } }),
  ],
  [
    'agent_instances/register: agent_schema_version.colour',
    register({ agent_schema_version: { colour } }),
  ],
  [`${TYPE}.colour`, type({ colour })],
  // The SDK stopped sending it, since it never was part of the contract (docs/internals/api.md, "Agent schemas").
  [`${TYPE}.result_template`, type({ result_template: '{{ok}}' })],
  [`${TYPE}.data_risk.colour`, type({ data_risk: { ...RISK, colour } })],
  [
    `${TYPE}.data_risk.action_profile.colour`,
    type({ data_risk: { ...RISK, action_profile: { ...PROFILE, colour } } }),
  ],
];

describe.each(CASES)('%s', (field, [path, body]) => {
  test('is dropped, and listed', async () => {
    const heard: AnsweredRequest[] = [];
    const emulator = await withSpan({ strict: false, onAnswer: (one) => heard.push(one) });
    const reply = await post(emulator, path, body);
    expect(reply.status).toBe(200);
    expect(errorsIn(reply)).toEqual([]);
    expect(emulator.report()).toMatchObject({ unknownFields: [field], breaches: [] });
    expect(heard.at(-1)).toMatchObject({ unknownFields: [field], breaches: [] });
  });

  test('is refused with strict, and a breach', async () => {
    const emulator = await withSpan({ strict: true });
    expect(errorsIn(await post(emulator, path, body))).toEqual(['validation_errors']);
    const { unknownFields, breaches } = emulator.report();
    expect(unknownFields).toEqual([]);
    expect(breaches).toHaveLength(1);
  });
});

/** The codes of a single answer, or of the outputs of a bulk one. */
function errorsIn({ body }: Reply): unknown[] {
  const outputs = at(body, 'outputs');
  return (outputs === undefined ? [body] : Object.values(Object(outputs)))
    .map((output) => at(output, 'code'))
    .filter((code) => code !== undefined);
}

test('the path names the resource, whatever the body says', async () => {
  const emulator = await withSpan({ strict: false });
  const body = { agent_span_id: INSTANCE, status: 'failed' };
  const reply = await post(emulator, `agent_spans/${SPAN}/finish`, body);
  expect(at(reply.body, 'details')).toMatchObject({ id: SPAN, status: 'failed' });
});

test('each is listed once, and a thousand at most', async () => {
  const emulator = await withSpan({ strict: false });
  for (let i = 0; i < 3; i++) await bulk(emulator, create(`key-0000${i}`, { colour }));
  expect(emulator.report().unknownFields).toEqual(['agent_spans/create: details.colour']);
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field-${i}`, 1]));
  await bulk(emulator, create('key-00009', many));
  expect(emulator.report().unknownFields).toHaveLength(1_000);
});

test.each([
  ['agent_spans/finish', finish('key-00001'), 'no result is stored'],
  [
    'agent_instances/finish',
    { _type: 'agent_instances/finish', idempotency_key: 'key-00001', agent_instance_id: INSTANCE },
    'its status is not read',
  ],
])(
  'a details wrapper of %s succeeds without what is in it, and is a breach besides',
  async (actionType, item, breach) => {
    const emulator = await withSpan({ strict: false });
    const details = { status: 'failed', result_payload: { ok: true } };
    const reply = await bulk(emulator, { ...item, details });
    expect(at(reply.body, 'outputs', 'key-00001', 'details', 'status')).toBe('complete');
    expect(at(reply.body, 'outputs', 'key-00001', 'details', 'result_payload') ?? null).toBe(null);
    const { unknownFields, breaches } = emulator.report();
    expect(unknownFields).toEqual([`${actionType}: details`]);
    expect(breaches).toEqual([expect.stringContaining(breach)]);
  },
);

// As of core 1.1.0, which npm does not have: docs/internals/api.md, "Registering a run".
test('the register of the newest official client is taken whole', async () => {
  const emulator = await withSpan({ strict: true });
  const reply = await post(emulator, 'agent_instance/register', {
    agent_version: {
      external_identifier: 'v1.0.0',
      name: 'Agent',
      description: '',
      runtime_environment: {
        agent_sdk: ['langchain@1.2.0'],
        os: 'linux 6.1.0 x64',
        prefactor_sdk: ['@prefactor/langchain@1.1.0', '@prefactor/core@1.1.0'],
        runtime: 'node 24.21.0',
      },
    },
    agent_schema_version: {
      external_identifier: 'langchain-schema-1',
      span_type_schemas: [
        {
          name: 'langchain:tool',
          title: 'Tool',
          description: null,
          template: '{{name}}',
          params_schema: { type: 'object' },
          result_schema: null,
          data_risk: RISK,
        },
      ],
    },
    external_identifier: 'conversation-4711',
    idempotency_key: '0b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01',
  });
  expect(reply.status).toBe(200);
  expect(at(reply.body, 'details', 'external_identifier')).toBe('conversation-4711');
  expect(emulator.report()).toMatchObject({ unknownFields: [], breaches: [] });
});
