// `agent_schema_version` of a register: docs/internals/api.md, "Agent schemas". Schemas are looked at, never applied:
// what does not match its schema is recorded all the same (docs/internals/api.md, "Creating a span").

import type { Schemas, ShownSchema } from '../state/records.ts';
import { qualityType } from '../state/views.ts';
import type { Fields } from '../wire/items.ts';
import { isObject } from '../wire/items.ts';
import type { EmulatedAction } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';

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
const PERMISSIONS = ['unknown', 'allowed', 'disallowed'];
const PRESENCE = ['unknown', 'included', 'excluded'];
const CLASSIFICATIONS = ['unknown', 'public', 'internal', 'confidential', 'restricted', 'secret'];

type Types = Map<string, ShownSchema>;

/** Checks the schema version; gives its record, and what shows in answers: titles and templates. */
export function readSchemaVersion(
  action: EmulatedAction,
  fields: Fields,
  agentId: string,
): { readonly version: Fields; readonly schemas: Schemas } {
  const at = 'agent_schema_version.';
  const reader = new FieldReader(action, fields, at);
  const external_identifier = reader.string('external_identifier', 'optional') ?? null;
  const types: Types = new Map();
  for (const list of ['span_type_schemas', 'quality_schemas']) {
    for (const [i, schema] of (reader.array(list, 'optional') ?? []).entries()) {
      readSchema(action, schema, `${at}${list}.${i}`, list === 'quality_schemas', types);
    }
  }
  for (const name of ['span_schemas', 'span_result_schemas']) {
    const schemas = reader.object(name, 'optional') ?? {};
    const inner = new FieldReader(action, schemas, `${at}${name}.`);
    for (const type of Object.keys(schemas)) inner.object(type, 'required');
  }
  reader.dropOthers();
  const type = 'agent_schema_version';
  const id = action.store.versionId(type, agentId, external_identifier);
  return { version: { type, id, external_identifier }, schemas: types };
}

function readSchema(
  action: EmulatedAction,
  schema: unknown,
  at: string,
  isQuality: boolean,
  types: Types,
): void {
  if (!isObject(schema)) {
    action.problems.add(at, 'must be an object');
    return;
  }
  const reader = new FieldReader(action, schema, `${at}.`);
  const name = reader.name('name', 'required') ?? '';
  reader.object(isQuality ? 'schema' : 'params_schema', 'required');
  if (!isQuality) reader.object('result_schema', 'nullable');
  const need = isQuality ? 'optional' : 'nullable';
  const title = reader.string('title', 'optional');
  reader.string('description', need);
  const template = reader.string('template', need);
  const risk = reader.object('data_risk', need);
  reader.dropOthers();
  if (risk !== undefined) checkDataRisk(action, risk, `${at}.data_risk.`);
  types.set(isQuality ? qualityType(name) : name, { title, template });
}

function checkDataRisk(action: EmulatedAction, risk: Fields, at: string): void {
  const reader = new FieldReader(action, risk, at);
  const profile = reader.object('action_profile', 'required');
  if (profile !== undefined) {
    const inner = new FieldReader(action, profile, `${at}action_profile.`);
    // All six are required by the OpenAPI document; Python fills in `unknown` before it sends.
    for (const name of ACTION_PROFILE) inner.oneOf(name, PERMISSIONS, 'required');
    inner.dropOthers();
  }
  for (const side of ['params_data_categories', 'result_data_categories']) {
    const categories = reader.object(side, 'required');
    if (categories === undefined) continue;
    const inner = new FieldReader(action, categories, `${at}${side}.`);
    // Which of these are required, no source says.
    inner.oneOf('classification', CLASSIFICATIONS, 'optional');
    for (const name of CATEGORIES) inner.oneOf(name, PRESENCE, 'optional');
    inner.dropOthers();
  }
  reader.dropOthers();
}
