// An agent whose functions are wrapped: each call of one is a span, with what went in and what came out of it. Nothing of
// the agent itself knows of batches. Needs PREFACTOR_API_URL and PREFACTOR_API_TOKEN; `npm run examples` sets both to an
// emulator.
import { AutobatchClient } from '../src/index.ts';
import { traced } from '../src/trace/index.ts';

const client = new AutobatchClient();
const tracer = traced(client, { redact: ['**.apiKey'] });

const orders = new Map([[4711, 'on its way']]);

function findOrder(id: number): Promise<string> {
  return tracer.span({ name: 'orders.find', type: 'agent:tool', input: { id } }, async () => {
    const state = orders.get(id);
    if (state === undefined) throw new Error(`There is no order ${id}.`);
    return state;
  });
}

/** A stand-in for a model that streams its answer. The span ends with the stream. */
function answer(prompt: string): AsyncGenerator<string> {
  const input = { prompt, apiKey: 'not recorded' };
  return tracer.span({ name: 'small-1', type: 'agent:llm', input }, async function* (span) {
    const words = prompt.split(' ');
    yield* words.map((word) => `${word} `);
    span.set({ output: { words: words.length }, tokenUsage: { completionTokens: words.length } });
  });
}

async function assist(question: string): Promise<string> {
  const params = { agentVersion: { name: 'Shop assistant' }, input: { question } };
  return tracer.run(params, async () => {
    const states = await Promise.all(
      [4711, 4712].map((id) => findOrder(id).catch((error: Error) => error.message)),
    );
    let text = '';
    for await (const word of answer(states.join(', '))) text += word;
    return text;
  });
}

const texts = await Promise.all(['Where are my orders?', 'And now?'].map(assist));
console.log(texts);
console.log(tracer.stats());

const { accepted, succeeded } = await client.close();
console.log(`${succeeded} of ${accepted} calls succeeded in ${client.stats().requests} requests`);
