import { checkKey } from '../ids/idempotency-key.ts';
import { isObject } from '../lib/own-fields.ts';
import type { Action, WireAction, WireKind } from './action.ts';
import { fieldsOf } from './action.ts';
import type { ActionPromise, Ref } from './action-promise.ts';
import type {
  AgentInstance,
  AgentInstanceFinishParams,
  AgentInstanceRecordQualityParams,
  AgentInstanceRegisterParams,
  AgentInstanceStartParams,
} from './agent-instances.ts';
import {
  finishAgentInstance,
  recordQuality,
  registerAgentInstance,
  startAgentInstance,
} from './agent-instances.ts';
import type { AgentSpan, AgentSpanCreateParams, AgentSpanFinishParams } from './agent-spans.ts';
import { createAgentSpan, finishAgentSpan } from './agent-spans.ts';
import type { AgentSchemaVersion, AgentVersion, RuntimeEnvironment } from './agent-versions.ts';
import { isName } from './field-checks.ts';

/** A name of ours as the wire has it: `agentInstanceId` is `agent_instance_id`. */
export type SnakeCase<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** Fields of ours as the wire has them; a reference may also be a call of `submit`, whose result has no type. */
export type InWireForm<Fields> = {
  [Name in keyof Fields as SnakeCase<Name>]: [
    Extract<Fields[Name], ActionPromise<AgentInstance> | ActionPromise<AgentSpan>>,
  ] extends [never]
    ? Fields[Name]
    : Fields[Name] | ActionPromise<unknown>;
};

/** The fields of the actions that have a method here, by their type. */
export interface KnownActions {
  'agent_instances/register': InWireForm<
    Omit<AgentInstanceRegisterParams, 'agentVersion' | 'agentSchemaVersion'>
  > & {
    readonly agent_version?:
      | (InWireForm<Omit<AgentVersion, 'runtimeEnvironment'>> & {
          readonly runtime_environment?: InWireForm<RuntimeEnvironment> | undefined;
        })
      | undefined;
    readonly agent_schema_version?: InWireForm<AgentSchemaVersion> | undefined;
  };
  'agent_instances/start': OnInstance<AgentInstanceStartParams>;
  'agent_instances/finish': OnInstance<AgentInstanceFinishParams>;
  'agent_instances/record_quality': OnInstance<AgentInstanceRecordQualityParams>;
  'agent_spans/create': {
    readonly idempotency_key?: string | undefined;
    readonly details: InWireForm<Omit<AgentSpanCreateParams, 'idempotencyKey' | 'payload'>> & {
      readonly payload: object;
    };
  };
  'agent_spans/finish': InWireForm<Omit<AgentSpanFinishParams, 'agentInstanceId'>> & {
    readonly agent_span_id: Ref<AgentSpan> | ActionPromise<unknown>;
  };
}

/** The fields of an action on an instance. */
export type OnInstance<Params> = InWireForm<Params> & {
  readonly agent_instance_id: Ref<AgentInstance> | ActionPromise<unknown>;
};

/** An action in wire form: of a type that has a method here, its fields; of any other, whatever it has. */
export type ActionOf<Type extends string> = {
  /** `agents/list`, `agent_spans/create`, ... */
  readonly _type: Type;
  /** 8 to 64 characters, the same for each repetition. @default made for the call */
  readonly idempotency_key?: string | undefined;
} & (Type extends keyof KnownActions ? KnownActions[Type] : { readonly [field: string]: unknown });

/** The kinds of actions that have a method here, by type. */
export const knownKinds: ReadonlyMap<string, WireKind<unknown>> = new Map(
  [
    registerAgentInstance,
    startAgentInstance,
    finishAgentInstance,
    recordQuality,
    createAgentSpan,
    finishAgentSpan,
  ].map((kind) => [kind.type, kind]),
);

/** The id that an action of a known type gives to what it makes, unchecked. */
export function idMadeBy(action: Action): unknown {
  const kind = knownKinds.get(action._type);
  const fields = kind?.hasDetails === true ? action['details'] : action;
  return kind?.makes !== undefined && isObject(fields) ? fields['id'] : undefined;
}

/** Whether nothing is wrong with the key and the fields of an action of a known type, its ids included. */
export function takesAction(action: WireAction): boolean {
  const kind = knownKinds.get(action._type);
  if (kind === undefined || checkKey(action.idempotency_key) !== undefined) return false;
  if (kind.checkAction(action) !== undefined) return false;
  const fields = fieldsOf(kind, action);
  return kind.references.every(
    ({ name, isOptional }) => (isOptional === true && fields[name] == null) || isName(fields[name]),
  );
}
