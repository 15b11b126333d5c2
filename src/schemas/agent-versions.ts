/**
 * What an agent declares of itself when it registers. The fields of `AgentSchemaVersion` are named
 * in camelCase like all else here; what stands *below* them is JSON of the caller's own and passed
 * on untouched, so it is in wire form: `params_schema`, not `paramsSchema` (docs/internals/api.md, "Agent schemas").
 */
import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import { isObject, unpolluted } from '../lib/own-fields.ts';
import { OBJECT } from '../lib/value-checks.ts';
import type { Check } from './field-checks.ts';
import { aName, isName, NAME, onlyFields, within } from './field-checks.ts';

/** The version of the agent's code; made on demand when the API first sees it. */
export interface AgentVersion {
  /** Your own name for it: a release, a commit. */
  readonly externalIdentifier?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  /** What the code runs on. */
  readonly runtimeEnvironment?: RuntimeEnvironment | undefined;
}

/** What an agent's code runs on, in words of your own. */
export interface RuntimeEnvironment {
  /** Name and version of what the agent is built on: `['ai@7.0.0']`. */
  readonly agentSdk?: readonly string[] | undefined;
  /** Name and version of what reports its runs: `['prefactor-autobatch@0.1.0']`. */
  readonly prefactorSdk?: readonly string[] | undefined;
  /** Name and version of the language's runtime: `'node 24.21.0'`. */
  readonly runtime?: string | undefined;
  readonly os?: string | undefined;
}

/** The version of the agent's schemas; made on demand, so a changed schema needs a new identifier. */
export interface AgentSchemaVersion {
  /** Your own name for it; a new one for each change. */
  readonly externalIdentifier?: string | undefined;
  /** The types of span, each with its schemas. */
  readonly spanTypeSchemas?: readonly SpanTypeSchema[] | undefined;
  /** Instead of `spanTypeSchemas`: JSON Schema of `payload` by name of the span's type. */
  readonly spanSchemas?: Readonly<Record<string, object>> | undefined;
  /** Beside `spanSchemas`: JSON Schema of `resultPayload` by name of the span's type. */
  readonly spanResultSchemas?: Readonly<Record<string, object>> | undefined;
  /** Kinds of quality that `recordQuality` may report. */
  readonly qualitySchemas?: readonly QualitySchema[] | undefined;
}

/** One type of span, in wire form. */
export interface SpanTypeSchema {
  readonly name: string;
  /** JSON Schema of the span's payload. */
  readonly params_schema: object;
  /** JSON Schema of the span's result payload. */
  readonly result_schema?: object | null;
  readonly title?: string;
  readonly description?: string | null;
  /** Summary of a span, with `{{field}}` for what its payload says. */
  readonly template?: string | null;
  readonly result_template?: string | null;
  readonly data_risk?: object | null;
  readonly [field: string]: unknown;
}

/** One kind of quality, in wire form. */
export interface QualitySchema {
  readonly name: string;
  /** JSON Schema of what is recorded. */
  readonly schema: object;
  readonly title?: string;
  readonly description?: string;
  readonly template?: string;
  readonly data_risk?: object;
  readonly [field: string]: unknown;
}

/** Of a version, and of the environment within it. */
export function checkAgentVersion(given: AgentVersion): readonly PrefactorIssue[] {
  const version = unpolluted(given);
  const { runtimeEnvironment } = Object(version);
  return [
    ...(checkVersion(version) ?? []),
    // If it is no object at all, the first check has said so.
    ...(isObject(runtimeEnvironment)
      ? within('runtimeEnvironment', checkRuntimeEnvironment(unpolluted(runtimeEnvironment)))
      : []),
  ];
}

const checkVersion: Check = onlyFields(() => ({
  externalIdentifier: z.optional(aName()),
  name: z.optional(aName()),
  description: z.optional(z.nullable(z.string('a string'))),
  runtimeEnvironment: z.optional(z.custom(isObject, OBJECT)),
}));

const checkRuntimeEnvironment: Check = onlyFields(() => ({
  agentSdk: z.optional(sdkNames()),
  prefactorSdk: z.optional(sdkNames()),
  runtime: z.optional(aName()),
  os: z.optional(aName()),
}));

export const checkAgentSchemaVersion: Check = onlyFields(() => ({
  externalIdentifier: z.optional(aName()),
  spanTypeSchemas: z.optional(z.custom(Array.isArray, 'an array')),
  spanSchemas: z.optional(z.custom(isObject, OBJECT)),
  spanResultSchemas: z.optional(z.custom(isObject, OBJECT)),
  qualitySchemas: z.optional(z.custom(Array.isArray, 'an array')),
}));

// In this order in the text of an action, whatever order the caller has.

export function toAgentVersion(given: AgentVersion | undefined): object | undefined {
  const version = unpolluted(given);
  const environment = unpolluted(version?.runtimeEnvironment);
  return (
    version && {
      external_identifier: version.externalIdentifier,
      name: version.name,
      description: version.description,
      runtime_environment: environment && {
        agent_sdk: environment.agentSdk,
        os: environment.os,
        prefactor_sdk: environment.prefactorSdk,
        runtime: environment.runtime,
      },
    }
  );
}

export function toAgentSchemaVersion(given: AgentSchemaVersion | undefined): object | undefined {
  const version = unpolluted(given);
  return (
    version && {
      external_identifier: version.externalIdentifier,
      span_type_schemas: version.spanTypeSchemas,
      span_schemas: version.spanSchemas,
      span_result_schemas: version.spanResultSchemas,
      quality_schemas: version.qualitySchemas,
    }
  );
}

function sdkNames(): z.ZodMiniType {
  const areNames = (value: unknown) => Array.isArray(value) && Array.from(value).every(isName);
  return z.custom(areNames, `an array of which each is ${NAME}`);
}
