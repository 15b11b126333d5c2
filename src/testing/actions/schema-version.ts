// `agent_schema_version` of a register: docs/internals/api.md, "Agent schemas". Schemas are looked at, never applied:
// what does not match its schema is recorded all the same (docs/internals/api.md, "Creating a span").

import type { StoredSchema, StoredSchemas } from '../state/store.ts';
import type { Fields } from '../wire/items.ts';
import { isFields } from '../wire/items.ts';
import type { EmulatedAction } from './emulated-action.ts';

const SCHEMA_ACTION_PROFILE = [
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
const SCHEMA_PERMISSIONS = ['unknown', 'allowed', 'disallowed'];
const PRESENCE = ['unknown', 'included', 'excluded'];
const CLASSIFICATIONS = ['unknown', 'public', 'internal', 'confidential', 'restricted', 'secret'];

/** Checks the schema version; gives its record, and what shows in answers: titles and templates. */
export function readSchemaVersion(
  action: EmulatedAction,
  agentId: string,
): { readonly version: Fields; readonly schemas: StoredSchemas } {
  const reader = action.inner('agent_schema_version', 'optional') ?? action.within({}, '');
  const external_identifier = reader.string('external_identifier', 'optional') ?? null;
  const schemas = {
    span_type_schemas: readSchemas(reader, 'span_type_schemas'),
    quality_schemas: readSchemas(reader, 'quality_schemas'),
  };
  for (const name of ['span_schemas', 'span_result_schemas']) {
    const inner = reader.inner(name, 'optional');
    for (const type of Object.keys(inner?.fields ?? {})) inner?.object(type, 'required');
  }
  reader.dropOthers();
  const type = 'agent_schema_version';
  const id = action.store.versionId(type, agentId, external_identifier);
  return { version: { type, id, external_identifier }, schemas };
}

function readSchemas(reader: EmulatedAction, list: keyof StoredSchemas): Map<string, StoredSchema> {
  const schemas = new Map<string, StoredSchema>();
  for (const [i, schema] of (reader.array(list, 'optional') ?? []).entries()) {
    const path = `${list}.${i}`;
    if (isFields(schema)) schemas.set(...readSchema(reader.within(schema, `${path}.`), list));
    else reader.wrong(path, 'must be an object');
  }
  return schemas;
}

function readSchema(
  schema: EmulatedAction,
  list: keyof StoredSchemas,
): [name: string, StoredSchema] {
  const isQuality = list === 'quality_schemas';
  const name = schema.name('name', 'required');
  schema.object(isQuality ? 'schema' : 'params_schema', 'required');
  if (!isQuality) schema.object('result_schema', 'nullable');
  const need = isQuality ? 'optional' : 'nullable';
  const title = schema.string('title', 'optional');
  schema.string('description', need);
  const template = schema.string('template', need);
  const risk = schema.inner('data_risk', need);
  schema.dropOthers();
  if (risk !== undefined) checkDataRisk(risk);
  return [name, { title, template }];
}

function checkDataRisk(risk: EmulatedAction): void {
  const profile = risk.inner('action_profile', 'required');
  // All six are required by the OpenAPI document; Python fills in `unknown` before it sends.
  for (const name of SCHEMA_ACTION_PROFILE) profile?.oneOf(name, SCHEMA_PERMISSIONS, 'required');
  profile?.dropOthers();
  for (const side of ['params_data_categories', 'result_data_categories']) {
    const categories = risk.inner(side, 'required');
    // Which of these are required, no source says.
    categories?.oneOf('classification', CLASSIFICATIONS, 'optional');
    for (const name of CATEGORIES) categories?.oneOf(name, PRESENCE, 'optional');
    categories?.dropOthers();
  }
  risk.dropOthers();
}

/** Fills each `{{field}}` of the template. More of Liquid, which TypeScript allows, is left as it stands. */
export function summaryOf(schema: StoredSchema | undefined, payload: Fields): string | null {
  if (schema?.template === undefined) return null;
  return schema.template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
