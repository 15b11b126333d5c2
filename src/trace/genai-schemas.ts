import type { AgentSchemaVersion, SpanTypeSchema } from '../index.ts';

/**
 * Names of span types that dashboards know from one agent to the next. The first four are the official SDK's
 * (`SpanType` of `@prefactor/core`), the others OpenInference's kinds of spans.
 */
export type GenAiSpanType =
  | 'agent:agent'
  | 'agent:llm'
  | 'agent:tool'
  | 'agent:chain'
  | 'agent:retriever'
  | 'agent:embedding'
  | 'agent:reranker'
  | 'agent:guardrail'
  | 'agent:evaluator';

const titles: Readonly<Record<GenAiSpanType, string>> = {
  'agent:agent': 'Agent',
  'agent:llm': 'LLM',
  'agent:tool': 'Tool',
  'agent:chain': 'Chain',
  'agent:retriever': 'Retriever',
  'agent:embedding': 'Embedding',
  'agent:reranker': 'Reranker',
  'agent:guardrail': 'Guardrail',
  'agent:evaluator': 'Evaluator',
};

/** A schema for each of these types. They allow any payload that `traced` writes. */
export const genAiSpanTypes: readonly SpanTypeSchema[] = Object.entries(titles).map(
  ([name, title]) => ({
    name,
    title,
    template: '{{name}}',
    params_schema: {
      type: 'object',
      properties: { name: { type: 'string' }, inputs: { type: 'object' } },
      additionalProperties: true,
    },
    result_schema: { type: 'object', additionalProperties: true },
  }),
);

/**
 * What a run is registered with unless its `agentSchemaVersion` says otherwise. To add types of your own, register
 * `{ externalIdentifier: 'mine-1', spanTypeSchemas: [...genAiSpanTypes, mine] }`.
 */
export const genAiSchemas: AgentSchemaVersion = {
  externalIdentifier: 'prefactor-autobatch-genai-1',
  spanTypeSchemas: genAiSpanTypes,
};
