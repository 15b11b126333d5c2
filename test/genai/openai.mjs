// JavaScript, as families.mjs. The client of OpenAI, as far as OpenTelemetry's instrumentation of it knows it, with a model that
// answers by itself: nothing leaves the process.
import { metrics } from '@opentelemetry/api';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';

let failure;

class Completions {
  async create({ model }) {
    if (failure) throw failure;
    const message = { role: 'assistant', content: 'Sunny.' };
    return {
      id: 'chat-1',
      model,
      choices: [{ index: 0, finish_reason: 'stop', message }],
      usage: { prompt_tokens: 12, completion_tokens: 5 },
    };
  }
}

class Embeddings {
  async create({ model }) {
    return { model, data: [{ embedding: [1] }], usage: { prompt_tokens: 3 } };
  }
}

let instrumentation;

/** Asks for embeddings, then for an answer. */
export async function askOpenAi(provider, end) {
  instrumentation ??= patched();
  instrumentation.setTracerProvider(provider);
  failure = end === 'failing' ? new TypeError('the model is away') : undefined;
  await new Embeddings().create({ model: 'vectors-1', input: 'Bern' });
  const messages = [{ role: 'user', content: 'Weather in Bern?' }];
  return new Completions().create({ model: 'mock-1', messages });
}

function patched() {
  const made = new OpenAIInstrumentation();
  made.setMeterProvider(metrics.getMeterProvider());
  const [openai] = made.getModuleDefinitions();
  openai.patch({ OpenAI: { Chat: { Completions }, Embeddings } }, '6.0.0');
  return made;
}
