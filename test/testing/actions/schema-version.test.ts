// `agent_schema_version` of a register: docs/internals/api.md, "Agent schemas".

import { expect, test } from 'vitest';
import type { Fields } from '../../../src/testing/index.ts';
import { at, INSTANCE, newEmulator, post, span } from '../helpers.ts';

const PROFILE = {
  create_data: 'unknown',
  read_data: 'allowed',
  update_data: 'disallowed',
  destroy_data: 'unknown',
  financial_transactions: 'unknown',
  external_communication: 'unknown',
};
const RISK = {
  action_profile: PROFILE,
  params_data_categories: { classification: 'internal', gdpr_genetic_data: 'excluded' },
  result_data_categories: {},
};
const TYPE = { name: 'shop:reply', params_schema: { type: 'object' } };
const AT = 'agent_schema_version.';

async function register(schemaVersion: unknown): Promise<{ status: number; errors: unknown }> {
  const reply = await post(newEmulator(), 'agent_instance/register', {
    agent_schema_version: schemaVersion,
  });
  return { status: reply.status, errors: at(reply.body, 'errors') };
}

test('takes all that the API knows', async () => {
  const { status } = await register({
    external_identifier: 's1',
    span_type_schemas: [
      {
        ...TYPE,
        result_schema: null,
        title: 'Reply',
        description: null,
        template: '{{text}}',
        data_risk: RISK,
      },
    ],
    span_schemas: { 'shop:reply': {} },
    span_result_schemas: { 'shop:reply': {} },
    quality_schemas: [{ name: 'tone', schema: {}, title: 'Tone', data_risk: RISK }],
  });
  expect(status).toBe(200);
});

test.each<[string, unknown, Fields]>([
  ['a text', 's1', { agent_schema_version: ['must be an object'] }],
  ['an unknown field', { spans: [] }, { [`${AT}spans`]: ['is not a known field'] }],
  [
    'an object for the list',
    { span_type_schemas: {} },
    { [`${AT}span_type_schemas`]: ['must be an array'] },
  ],
  [
    'a text as schema',
    { span_type_schemas: ['x'] },
    { [`${AT}span_type_schemas.0`]: ['must be an object'] },
  ],
  [
    'a schema without name',
    { span_type_schemas: [{ params_schema: {} }] },
    { [`${AT}span_type_schemas.0.name`]: ['is required'] },
  ],
  [
    'a schema without params',
    { span_type_schemas: [TYPE, { name: 'a' }] },
    { [`${AT}span_type_schemas.1.params_schema`]: ['is required'] },
  ],
  [
    'a list as JSON schema',
    { span_schemas: { a: [] } },
    { [`${AT}span_schemas.a`]: ['must be an object'] },
  ],
  [
    'a quality without schema',
    { quality_schemas: [{ name: 'a' }] },
    { [`${AT}quality_schemas.0.schema`]: ['is required'] },
  ],
  [
    'a risk of which half is missing',
    { span_type_schemas: [{ ...TYPE, data_risk: { ...RISK, action_profile: undefined } }] },
    { [`${AT}span_type_schemas.0.data_risk.action_profile`]: ['is required'] },
  ],
  [
    'a profile of which one is missing',
    {
      span_type_schemas: [
        { ...TYPE, data_risk: { ...RISK, action_profile: { ...PROFILE, read_data: undefined } } },
      ],
    },
    { [`${AT}span_type_schemas.0.data_risk.action_profile.read_data`]: ['is required'] },
  ],
  [
    'an unknown category',
    {
      span_type_schemas: [
        { ...TYPE, data_risk: { ...RISK, result_data_categories: { shoes: 'included' } } },
      ],
    },
    {
      [`${AT}span_type_schemas.0.data_risk.result_data_categories.shoes`]: ['is not a known field'],
    },
  ],
  [
    'an unknown classification',
    {
      span_type_schemas: [
        { ...TYPE, data_risk: { ...RISK, params_data_categories: { classification: 'odd' } } },
      ],
    },
    {
      [`${AT}span_type_schemas.0.data_risk.params_data_categories.classification`]: [
        'must be one of: unknown, public, internal, confidential, restricted, secret',
      ],
    },
  ],
])('refuses %s', async (_name, schemaVersion, errors) => {
  expect(await register(schemaVersion)).toEqual({ status: 422, errors });
});

test('titles and templates show up in spans and qualities', async () => {
  const emulator = newEmulator();
  await post(emulator, 'agent_instance/register', {
    id: INSTANCE,
    agent_schema_version: {
      span_type_schemas: [
        { ...TYPE, title: 'Reply', template: 'To {{ name }}: {{count}}{{gone}} {{more}}' },
      ],
      quality_schemas: [{ name: 'tone', schema: {}, template: '{{grade}}' }],
    },
  });
  const payload = { name: 'Ann', count: 2, more: { a: 1 } };
  const details = span({ schema_name: 'shop:reply', payload });
  const reply = await post(emulator, 'agent_spans', { details });
  expect(at(reply.body, 'details')).toMatchObject({
    schema_title: 'Reply',
    summary: 'To Ann: 2 {"a":1}',
  });
  const quality = { name: 'tone', payload: { grade: 'good' } };
  const recorded = await post(emulator, `agent_instance/${INSTANCE}/record_quality`, quality);
  expect(at(recorded.body, 'details', 'quality_summaries')).toEqual({ tone: 'good' });
});

test('a payload that does not match its schema is recorded all the same', async () => {
  const emulator = newEmulator();
  const schema = { name: 'shop:reply', params_schema: { type: 'object', required: ['text'] } };
  await post(emulator, 'agent_instance/register', {
    id: INSTANCE,
    agent_schema_version: { span_type_schemas: [schema] },
  });
  const details = span({ schema_name: 'shop:reply', payload: {} });
  expect((await post(emulator, 'agent_spans', { details })).status).toBe(200);
});
