// `agent_schema_version` of a register: docs/internals/api.md, "Agent schemas". Schemas are looked at, never applied:
// what does not match its schema is recorded all the same (docs/internals/api.md, "Creating a span").

import type { Schemas } from '../state/store.ts';
import { qualityType } from '../state/views.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionCall } from './action-handler.ts';
import { readFields } from './action-handler.ts';
import { FieldReader, isObject } from './field-reader.ts';

const SCHEMA_VERSION = new Set([
  'external_identifier',
  'span_type_schemas',
  'span_schemas',
  'span_result_schemas',
  'quality_schemas',
]);
const SPAN_TYPE = new Set([
  'name',
  'params_schema',
  'result_schema',
  'title',
  'description',
  'template',
  'data_risk',
]);
const QUALITY = new Set(['name', 'schema', 'title', 'description', 'template', 'data_risk']);
const DATA_RISK = new Set(['action_profile', 'params_data_categories', 'result_data_categories']);
const ACTION_PROFILE = [
  'create_data',
  'read_data',
  'update_data',
  'destroy_data',
  'financial_transactions',
  'external_communication',
];
const CATEGORIES = [
  'personal_identifiers',
  'contact_information',
  'financial_information',
  'health_and_medical',
  'criminal_justice',
  'authentication_and_secrets',
  'organisational_confidential',
  'minors_data',
  'location_and_tracking',
  'behavioural_and_inferred',
  'gdpr_racial_or_ethnic_origin',
  'gdpr_political_opinions',
  'gdpr_religious_or_philosophical_beliefs',
  'gdpr_trade_union_membership',
  'gdpr_genetic_data',
  'gdpr_biometric_for_identification',
  'gdpr_sex_life_or_sexual_orientation',
];
const ACTION_PROFILE_NAMES = new Set(ACTION_PROFILE);
const CATEGORY_NAMES = new Set(['classification', ...CATEGORIES]);
const PERMISSIONS = ['unknown', 'allowed', 'disallowed'];
const PRESENCE = ['unknown', 'included', 'excluded'];
const CLASSIFICATIONS = ['unknown', 'public', 'internal', 'confidential', 'restricted', 'secret'];

/** What of a schema shows in answers, by its name. */
type Shown = [string, { title?: string; template?: string }];

/** Checks the schema version and keeps what shows in answers: titles and templates. */
export function readSchemaVersion(call: ActionCall, fields: Fields, agentId: string): Schemas {
  const at = 'agent_schema_version.';
  const reader = readFields(call, SCHEMA_VERSION, fields, at);
  const externalIdentifier = reader.string('external_identifier', 'optional') ?? null;
  const readAll = (list: string, known: ReadonlySet<string>): Shown[] =>
    (reader.array(list, 'optional') ?? []).map((one, i) =>
      readSchema(call, one, `${at}${list}.${i}.`, known),
    );
  const spanTypes = readAll('span_type_schemas', SPAN_TYPE);
  const qualities = readAll('quality_schemas', QUALITY);
  for (const name of ['span_schemas', 'span_result_schemas']) {
    const schemas = reader.object(name, 'optional') ?? {};
    const inner = new FieldReader({ ...call, fields: schemas, at: `${at}${name}.` });
    for (const type of Object.keys(schemas)) inner.object(type, 'required');
  }
  return {
    id: call.world.versionId('agent_schema_version', agentId, externalIdentifier),
    externalIdentifier,
    types: new Map([
      ...spanTypes,
      ...qualities.map(([name, shown]): Shown => [qualityType(name), shown]),
    ]),
  };
}

function readSchema(
  call: ActionCall,
  schema: unknown,
  at: string,
  known: ReadonlySet<string>,
): Shown {
  if (!isObject(schema)) {
    call.problems.add(at.slice(0, -1), 'must be an object');
    return ['', {}];
  }
  const reader = readFields(call, known, schema, at);
  const name = reader.name('name', 'required') ?? '';
  reader.object(known === QUALITY ? 'schema' : 'params_schema', 'required');
  const ofSpan = known === SPAN_TYPE ? 'nullable' : 'optional';
  if (known === SPAN_TYPE) {
    reader.object('result_schema', 'nullable');
  }
  const title = reader.string('title', 'optional');
  reader.string('description', ofSpan);
  const template = reader.string('template', ofSpan);
  const risk = reader.object('data_risk', ofSpan);
  if (risk !== undefined) checkDataRisk(call, risk, `${at}data_risk.`);
  return [
    name,
    { ...(title === undefined ? {} : { title }), ...(template === undefined ? {} : { template }) },
  ];
}

function checkDataRisk(call: ActionCall, risk: Fields, at: string): void {
  const reader = readFields(call, DATA_RISK, risk, at);
  const profile = reader.object('action_profile', 'required');
  if (profile !== undefined) {
    const inner = readFields(call, ACTION_PROFILE_NAMES, profile, `${at}action_profile.`);
    // All six are required by the OpenAPI document; Python fills in `unknown` before it sends.
    for (const name of ACTION_PROFILE) inner.oneOf(name, PERMISSIONS, 'required');
  }
  for (const side of ['params_data_categories', 'result_data_categories']) {
    const categories = reader.object(side, 'required');
    if (categories === undefined) continue;
    const inner = readFields(call, CATEGORY_NAMES, categories, `${at}${side}.`);
    // Which of these are required, no source says.
    inner.oneOf('classification', CLASSIFICATIONS, 'optional');
    for (const name of CATEGORIES) inner.oneOf(name, PRESENCE, 'optional');
  }
}
