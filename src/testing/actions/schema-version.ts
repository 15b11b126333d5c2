// `agent_schema_version` of a register: wire.md 4.3. Schemas are looked at, never applied: what does
// not match its schema is recorded all the same (wire.md 4.1).

import type { Problems } from '../checks.ts';
import { FieldReader, isObject } from '../checks.ts';
import type { Schemas } from '../state.ts';
import { qualityType } from '../views.ts';
import type { Fields } from '../wire.ts';
import type { ActionCall } from './action.ts';
import { dropUnknown } from './action.ts';

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

/** Checks the schema version and keeps what shows in answers: titles and templates. */
export function readSchemaVersion(
  call: ActionCall,
  fields: Fields,
  agentId: string,
  problems: Problems,
): Schemas {
  const at = 'agent_schema_version.';
  const reader = new FieldReader({ fields, problems, at });
  dropUnknown(call, reader, SCHEMA_VERSION, problems);
  const externalIdentifier = reader.string('external_identifier', 'optional') ?? null;
  const types: [string, Schemas['types'] extends ReadonlyMap<string, infer Type> ? Type : never][] =
    [];
  for (const [i, one] of (reader.array('span_type_schemas', 'optional') ?? []).entries()) {
    const [name, type] = readSchema(call, one, `${at}span_type_schemas.${i}.`, SPAN_TYPE, problems);
    types.push([name, type]);
  }
  for (const [i, one] of (reader.array('quality_schemas', 'optional') ?? []).entries()) {
    const [name, type] = readSchema(call, one, `${at}quality_schemas.${i}.`, QUALITY, problems);
    types.push([qualityType(name), type]);
  }
  for (const name of ['span_schemas', 'span_result_schemas']) {
    const schemas = reader.object(name, 'optional') ?? {};
    const inner = new FieldReader({ fields: schemas, problems, at: `${at}${name}.` });
    for (const type of Object.keys(schemas)) inner.object(type, 'required');
  }
  return {
    id: call.world.versionId('agent_schema_version', agentId, externalIdentifier),
    externalIdentifier,
    types: new Map(types),
  };
}

function readSchema(
  call: ActionCall,
  schema: unknown,
  at: string,
  known: ReadonlySet<string>,
  problems: Problems,
): [string, { title?: string; template?: string }] {
  if (!isObject(schema)) {
    problems.add(at.slice(0, -1), 'must be an object');
    return ['', {}];
  }
  const reader = new FieldReader({ fields: schema, problems, at });
  dropUnknown(call, reader, known, problems);
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
  if (risk !== undefined) checkDataRisk(call, risk, `${at}data_risk.`, problems);
  return [
    name,
    { ...(title === undefined ? {} : { title }), ...(template === undefined ? {} : { template }) },
  ];
}

function checkDataRisk(call: ActionCall, risk: Fields, at: string, problems: Problems): void {
  const reader = new FieldReader({ fields: risk, problems, at });
  dropUnknown(call, reader, DATA_RISK, problems);
  const profile = reader.object('action_profile', 'required');
  if (profile !== undefined) {
    const inner = new FieldReader({ fields: profile, problems, at: `${at}action_profile.` });
    dropUnknown(call, inner, ACTION_PROFILE_NAMES, problems);
    // All six are required by the OpenAPI document; Python fills in `unknown` before it sends.
    for (const name of ACTION_PROFILE) inner.oneOf(name, PERMISSIONS, 'required');
  }
  for (const side of ['params_data_categories', 'result_data_categories']) {
    const categories = reader.object(side, 'required');
    if (categories === undefined) continue;
    const inner = new FieldReader({ fields: categories, problems, at: `${at}${side}.` });
    dropUnknown(call, inner, CATEGORY_NAMES, problems);
    // Which of these are required, no source says.
    inner.oneOf('classification', CLASSIFICATIONS, 'optional');
    for (const name of CATEGORIES) inner.oneOf(name, PRESENCE, 'optional');
  }
}
