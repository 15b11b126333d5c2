// JavaScript, since the types of these packages are wrong under exactOptionalPropertyTypes; families.d.mts says its own.
// A small agent in each naming family, with models that answer by themselves: nothing leaves the process.
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import { LangChainInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-langchain';
import * as callbackManagerModule from '@langchain/core/callbacks/manager';
import { awaitAllCallbacks } from '@langchain/core/callbacks/promises';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { tool as langchainTool } from '@langchain/core/tools';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { setLangfuseTracerProvider, startActiveObservation } from '@langfuse/tracing';
import { LangChainInstrumentation as Traceloop } from '@traceloop/instrumentation-langchain';
import { generateText, stepCountIs, tool } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { z } from 'zod';

export const families = {
  'GenAI conventions (@ai-sdk/otel)': (provider, end, latencyMs) =>
    weatherByAiSdk(new OpenTelemetry({ tracer: provider.getTracer('genai') }), end, latencyMs),
  'AI SDK (LegacyOpenTelemetry)': (provider, end) =>
    weatherByAiSdk(new LegacyOpenTelemetry({ tracer: provider.getTracer('ai') }), end),
  'OpenInference (LangChain)': (provider, end) => {
    openInference ??= new OpenInference();
    openInference.setTracerProvider(provider);
    openInference.manuallyInstrument(callbackManagerModule);
    return weatherByLangChain(end);
  },
  'OpenLLMetry (LangChain)': (provider, end) => {
    traceloop ??= new Traceloop();
    traceloop.setTracerProvider(provider);
    traceloop.manuallyInstrument({ callbackManagerModule });
    return weatherByLangChain(end);
  },
  'Langfuse (@langfuse/tracing)': async (provider, end) => {
    setLangfuseTracerProvider(provider);
    return weatherByLangfuse(end).finally(() => setLangfuseTracerProvider(null));
  },
};

let openInference;
let traceloop;

async function weatherByAiSdk(integration, end, latencyMs = 0) {
  const usage = {
    inputTokens: { total: 12, noCache: 12, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 5, text: 5, reasoning: 0 },
  };
  const answers = [
    {
      content: [
        { type: 'tool-call', toolCallId: 'call-1', toolName: 'weather', input: '{"city":"Bern"}' },
      ],
      finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      usage,
      warnings: [],
    },
    {
      content: [{ type: 'text', text: 'Sunny.' }],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      warnings: [],
    },
  ];
  let calls = 0;
  const model = new MockLanguageModelV4({
    modelId: 'mock-1',
    doGenerate: async () => {
      if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
      if (end === 'failing') throw new Error('the model is away');
      return answers[calls++ % 2];
    },
  });
  return generateText({
    model,
    maxRetries: 0,
    prompt: 'Weather in Bern?',
    tools: {
      weather: tool({
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => ({ city, sky: 'sunny' }),
      }),
    },
    stopWhen: stepCountIs(3),
    telemetry: {
      isEnabled: true,
      functionId: 'forecast',
      integrations: [integration],
    },
  });
}

async function weatherByLangChain(end) {
  const weather = langchainTool(({ city }) => `sunny in ${city}`, {
    name: 'weather',
    description: 'The sky over a city',
    schema: z.object({ city: z.string() }),
  });
  await weather.invoke({ city: 'Bern' });
  const model = new FakeListChatModel({ responses: ['Sunny.'] });
  if (end === 'failing') {
    model._generate = async () => {
      throw new Error('the model is away');
    };
  }
  const prompt = ChatPromptTemplate.fromTemplate('Weather in {city}?');
  const chain = prompt.pipe(model).pipe(new StringOutputParser());
  try {
    return await chain.invoke({ city: 'Bern' });
  } finally {
    await awaitAllCallbacks();
    unpatchLangChain();
  }
}

const { CallbackManager } = callbackManagerModule;
const unpatched = Reflect.get(CallbackManager, '_configureSync');

/** OpenLLMetry's patch takes the handlers of others out, so the two cannot stay side by side. */
function unpatchLangChain() {
  Reflect.set(CallbackManager, '_configureSync', unpatched);
  Reflect.set(CallbackManager, '_traceloopPatched', false);
}

async function weatherByLangfuse(end) {
  return startActiveObservation(
    'forecast',
    async (agent) => {
      agent.update({ input: { question: 'Weather in Bern?' } });
      await startActiveObservation(
        'weather',
        async (call) => {
          call.update({ input: { city: 'Bern' }, output: { sky: 'sunny' } });
        },
        { asType: 'tool' },
      );
      await startActiveObservation(
        'answer',
        async (generation) => {
          generation.update({ model: 'mock-1', input: [{ role: 'user', content: 'Weather?' }] });
          if (end === 'failing') throw new Error('the model is away');
          generation.update({
            output: 'Sunny.',
            usageDetails: { input: 12, output: 5, total: 17 },
          });
        },
        { asType: 'generation' },
      );
      agent.update({ output: 'Sunny.' });
    },
    { asType: 'agent' },
  );
}
