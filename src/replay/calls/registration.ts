import type { AgentInstanceRegisterParams } from '../../index.ts';
import type { Registration } from '../actions/recorded-action.ts';

/** What a registration says of itself, as the client takes it. */
export function registrationOf({
  agent_version: version,
  agent_schema_version: schemas,
  ...rest
}: Registration): AgentInstanceRegisterParams {
  const environment = version?.runtime_environment;
  return {
    agentId: rest.agent_id,
    environmentId: rest.environment_id,
    id: rest.id,
    externalIdentifier: rest.external_identifier,
    updateCurrentVersion: rest.update_current_version,
    purpose: rest.purpose,
    agentVersion: version && {
      externalIdentifier: version.external_identifier,
      name: version.name,
      description: version.description,
      runtimeEnvironment: environment && {
        agentSdk: environment.agent_sdk,
        os: environment.os,
        prefactorSdk: environment.prefactor_sdk,
        runtime: environment.runtime,
      },
    },
    agentSchemaVersion: schemas && {
      externalIdentifier: schemas.external_identifier,
      spanTypeSchemas: schemas.span_type_schemas,
      spanSchemas: schemas.span_schemas,
      spanResultSchemas: schemas.span_result_schemas,
      qualitySchemas: schemas.quality_schemas,
    },
  };
}
