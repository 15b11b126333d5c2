import type { NamingFamily } from '../../../genai/naming-families.ts';
import { namingFamilies } from '../../../genai/naming-families.ts';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import { formatOf } from './field-table.ts';
import { otlp } from './otlp.ts';

const langfuseFamily = namingFamilies.filter(({ family }) => family === 'Langfuse');

const langsmithFamily: NamingFamily = {
  family: 'LangSmith',
  types: {
    run_type: {
      llm: 'agent:llm',
      chain: 'agent:chain',
      tool: 'agent:tool',
      retriever: 'agent:retriever',
      embedding: 'agent:embedding',
      prompt: 'agent:chain',
      parser: 'agent:chain',
    },
  },
  input: ['inputs'],
  output: ['outputs'],
  model: ['model'],
  tokens: {
    promptTokens: ['prompt_tokens'],
    completionTokens: ['completion_tokens'],
    totalTokens: ['total_tokens'],
  },
};

/** `{ trace, observations }`, traces with their observations, pages of the API with either. */
const langfuse = formatOf({
  name: 'langfuse',
  kinds: {
    top: { trace: 'top', traces: 'top', observations: 'top', data: 'top' },
  },
  traceId: ['traceId'],
  parentId: ['parentObservationId'],
  start: ['startTime'],
  end: ['endTime'],
  instant: { field: 'type', value: 'EVENT' },
  error: [],
  families: langfuseFamily,
  attributes: {
    'langfuse.observation.type': ['type'],
    'langfuse.observation.input': ['input'],
    'langfuse.observation.output': ['output'],
    'langfuse.observation.model.name': ['model', 'providedModelName'],
    'langfuse.observation.usage_details': ['usageDetails', 'usage'],
    'langfuse.observation.level': ['level'],
    'langfuse.observation.status_message': ['statusMessage'],
  },
  context: ['projectId', 'createdAt', 'updatedAt'],
  ofTrace: ['timestamp'],
  version: ['release'],
});

/** Runs, alone or with their `child_runs`, and pages of the API with them. */
const langsmith = formatOf({
  name: 'langsmith',
  kinds: {
    top: { runs: 'top', data: 'top', child_runs: 'top' },
  },
  traceId: ['trace_id'],
  rootOf: rootOfRun,
  parentId: ['parent_run_id'],
  start: ['start_time'],
  end: ['end_time'],
  error: ['error'],
  families: [langsmithFamily],
  attributes: {
    model: [
      'extra.metadata.ls_model_name',
      'extra.invocation_params.model',
      'extra.invocation_params.model_name',
    ],
    prompt_tokens: ['prompt_tokens', 'extra.metadata.usage_metadata.input_tokens'],
    completion_tokens: ['completion_tokens', 'extra.metadata.usage_metadata.output_tokens'],
    total_tokens: ['total_tokens', 'extra.metadata.usage_metadata.total_tokens'],
  },
  context: ['session_id', 'dotted_order'],
  version: [],
});

/** A `dotted_order` begins with the root, and a run without a parent is one. */
function rootOfRun({ id, parent_run_id: parentId, dotted_order: order }: JsonObject): unknown {
  const [, root] = /^\d{8}T\d{12}Z([\da-f-]{36})/.exec(String(order)) ?? [];
  return root ?? (parentId === undefined || parentId === null ? id : undefined);
}

/** By the word on the command line. */
export const formats = { otlp, langfuse, langsmith } as const;
