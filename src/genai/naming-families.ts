import type { GenAiSpanType, TokenUsage } from '../trace/index.ts';

/**
 * By which names one kind of instrumentation says what a span is about. Lists are in order of preference. A name is
 * that of an attribute; `usage_details#input` is the field `input` of the attribute `usage_details`, which is an object or JSON
 * text. Where it ends with `.N`, it stands for all attributes that are numbered so
 * (`llm.input_messages.0.message.role`), which become one list.
 */
export interface NamingFamily {
  /** Who says so. */
  readonly family: string;
  /** Attributes that tell the type of a span: by the attribute, its values in lower case and what they stand for. */
  readonly types: Readonly<Record<string, Readonly<Record<string, GenAiSpanType>>>>;
  readonly input: readonly ValueName[];
  readonly output: readonly ValueName[];
  readonly model: readonly string[];
  readonly tokens: Readonly<Record<keyof TokenUsage, readonly string[]>>;
  /** An attribute with a value by which a span has failed, beside the status that every span has; and where it says why. */
  readonly failure?: { readonly name: string; readonly value: string; readonly message: string };
}

/** Where a value stands; or, for one in several attributes, the fields that it is put together of. */
export type ValueName = string | Readonly<Record<string, string>>;

/**
 * The table. Several families may speak about one span, as those that moved to the GenAI conventions keep their old names
 * beside them: of each column, the first family that has a value counts.
 */
export const namingFamilies: readonly NamingFamily[] = [
  {
    family: 'AI SDK',
    types: {
      'ai.operationId': {
        'ai.generatetext': 'agent:agent',
        'ai.streamtext': 'agent:agent',
        'ai.workflowagent.stream': 'agent:agent',
        'ai.generatetext.dogenerate': 'agent:llm',
        'ai.streamtext.dostream': 'agent:llm',
        'ai.generateobject': 'agent:chain',
        'ai.streamobject': 'agent:chain',
        'ai.generateobject.dogenerate': 'agent:llm',
        'ai.streamobject.dostream': 'agent:llm',
        'ai.toolcall': 'agent:tool',
        'ai.embed': 'agent:chain',
        'ai.embedmany': 'agent:chain',
        'ai.embed.doembed': 'agent:embedding',
        'ai.embedmany.doembed': 'agent:embedding',
        'ai.rerank': 'agent:chain',
        'ai.rerank.dorerank': 'agent:reranker',
      },
    },
    input: ['ai.prompt.messages', 'ai.prompt', 'ai.toolCall.args', 'ai.values', 'ai.value'],
    output: [
      'ai.response.object',
      {
        text: 'ai.response.text',
        reasoning: 'ai.response.reasoning',
        toolCalls: 'ai.response.toolCalls',
      },
      'ai.toolCall.result',
      'ai.embeddings',
      'ai.embedding',
      'ai.ranking',
    ],
    model: ['ai.response.model', 'ai.model.id'],
    tokens: {
      promptTokens: ['ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'],
      completionTokens: ['ai.usage.outputTokens', 'ai.usage.completionTokens'],
      totalTokens: ['ai.usage.totalTokens'],
    },
  },
  {
    family: 'GenAI conventions',
    types: {
      'gen_ai.operation.name': {
        chat: 'agent:llm',
        text_completion: 'agent:llm',
        generate_content: 'agent:llm',
        execute_tool: 'agent:tool',
        invoke_agent: 'agent:agent',
        create_agent: 'agent:agent',
        invoke_workflow: 'agent:chain',
        workflow: 'agent:chain',
        agent_step: 'agent:chain',
        retrieval: 'agent:retriever',
        embeddings: 'agent:embedding',
        rerank: 'agent:reranker',
        guard: 'agent:guardrail',
        'guardrail.run': 'agent:guardrail',
      },
    },
    input: [
      'gen_ai.input.messages',
      'gen_ai.tool.call.arguments',
      'gen_ai.retrieval.query.text',
      'gen_ai.guardrail.input',
      'gen_ai.prompt',
    ],
    output: [
      'gen_ai.output.messages',
      'gen_ai.tool.call.result',
      'gen_ai.retrieval.documents',
      'gen_ai.guardrail.output',
      'gen_ai.completion',
    ],
    model: ['gen_ai.response.model', 'gen_ai.request.model'],
    tokens: {
      promptTokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
      completionTokens: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
      totalTokens: ['gen_ai.usage.total_tokens'],
    },
  },
  {
    family: 'OpenInference',
    types: {
      'openinference.span.kind': {
        llm: 'agent:llm',
        tool: 'agent:tool',
        agent: 'agent:agent',
        chain: 'agent:chain',
        prompt: 'agent:chain',
        retriever: 'agent:retriever',
        embedding: 'agent:embedding',
        reranker: 'agent:reranker',
        guardrail: 'agent:guardrail',
        evaluator: 'agent:evaluator',
      },
    },
    input: ['llm.input_messages.N', 'reranker.query', 'input.value', 'embedding.text'],
    output: [
      'llm.output_messages.N',
      'retrieval.documents.N',
      'reranker.output_documents.N',
      'output.value',
    ],
    model: [
      'llm.response.model_name',
      'llm.model_name',
      'llm.request.model_name',
      'embedding.model_name',
      'reranker.model_name',
    ],
    tokens: {
      promptTokens: ['llm.token_count.prompt'],
      completionTokens: ['llm.token_count.completion'],
      totalTokens: ['llm.token_count.total'],
    },
  },
  {
    family: 'OpenLLMetry',
    types: {
      'traceloop.span.kind': {
        workflow: 'agent:chain',
        task: 'agent:chain',
        agent: 'agent:agent',
        tool: 'agent:tool',
      },
      'llm.request.type': {
        chat: 'agent:llm',
        completion: 'agent:llm',
        embedding: 'agent:embedding',
        rerank: 'agent:reranker',
      },
    },
    input: ['gen_ai.prompt.N', 'traceloop.entity.input', 'llm.prompts.N'],
    output: ['gen_ai.completion.N', 'traceloop.entity.output', 'llm.completions.N'],
    model: ['llm.response.model', 'llm.request.model'],
    tokens: {
      promptTokens: ['llm.usage.prompt_tokens'],
      completionTokens: ['llm.usage.completion_tokens'],
      totalTokens: ['llm.usage.total_tokens'],
    },
  },
  {
    family: 'Langfuse',
    types: {
      'langfuse.observation.type': {
        generation: 'agent:llm',
        tool: 'agent:tool',
        agent: 'agent:agent',
        chain: 'agent:chain',
        retriever: 'agent:retriever',
        embedding: 'agent:embedding',
        guardrail: 'agent:guardrail',
        evaluator: 'agent:evaluator',
        span: 'agent:chain',
        event: 'agent:chain',
      },
    },
    input: ['langfuse.observation.input'],
    output: ['langfuse.observation.output'],
    model: ['langfuse.observation.model.name'],
    tokens: {
      promptTokens: ['langfuse.observation.usage_details#input'],
      completionTokens: ['langfuse.observation.usage_details#output'],
      totalTokens: ['langfuse.observation.usage_details#total'],
    },
    failure: {
      name: 'langfuse.observation.level',
      value: 'ERROR',
      message: 'langfuse.observation.status_message',
    },
  },
];
