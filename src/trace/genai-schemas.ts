import type { AgentSchemaVersion, SpanTypeSchema } from '../index.ts';

/**
 * Names of span types that dashboards know from one agent to the next. The first four are the official SDK's
 * (`SpanType` of `@prefactor/core`), the others OpenInference's kinds of spans.
 */
export type GenAiSpanType = `agent:${(typeof kinds)[number]}`;

const kinds = [
  'agent',
  'llm',
  'tool',
  'chain',
  'retriever',
  'embedding',
  'reranker',
  'guardrail',
  'evaluator',
] as const;

const titles: Readonly<Record<string, string>> = { llm: 'LLM' };

/** A schema for each of these types. They allow any payload that `traced` writes. */
export const genAiSpanTypes: readonly SpanTypeSchema[] = kinds.map((kind) => ({
  name: `agent:${kind}`,
  title: titles[kind] ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
  template: '{{name}}',
  params_schema: {
    type: 'object',
    properties: { name: { type: 'string' }, inputs: { type: 'object' } },
    additionalProperties: true,
  },
  result_schema: { type: 'object', additionalProperties: true },
}));

/**
 * What a run is registered with unless its `agentSchemaVersion` says otherwise. To add types of your own, register
 * `{ externalIdentifier: 'mine-1', spanTypeSchemas: [...genAiSpanTypes, mine] }`.
 */
export const genAiSchemas: AgentSchemaVersion = {
  externalIdentifier: 'prefactor-autobatch-genai-1',
  spanTypeSchemas: genAiSpanTypes,
};
