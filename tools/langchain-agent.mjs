// The official middleware for LangChain, unchanged, around an agent with a fake model. No TypeScript, since the types
// of LangChain do not compile by our settings.
import { init, shutdown } from '@prefactor/langchain';
import { AIMessage, createAgent, fakeModel, tool } from 'langchain';
import * as z from 'zod';

/** An agent that calls a tool so many times, and then answers: a span for each, and one for each step of the model. */
export async function runAgent({ fetch, apiUrl, apiToken, toolCalls }) {
  const { fetch: globalOne } = globalThis;
  globalThis.fetch = fetch;
  const middleware = init({ httpConfig: { apiUrl, apiToken, agentIdentifier: 'v1' } });
  globalThis.fetch = globalOne;
  const lookUp = tool(({ what }) => `It is ${what}.`, {
    name: 'look_up',
    description: 'Looks something up.',
    schema: z.object({ what: z.string() }),
  });
  const model = fakeModel();
  for (let at = 0; at < toolCalls; at++) {
    const call = { name: 'look_up', args: { what: `thing ${at}` }, id: `call-${at}` };
    model.respond(new AIMessage({ content: '', tool_calls: [call] }));
  }
  model.respond(new AIMessage('Done.'));
  const agent = createAgent({ model, tools: [lookUp], middleware: [middleware] });
  await agent.invoke({ messages: [{ role: 'user', content: 'Go' }] }, { recursionLimit: 500 });
  await shutdown();
}
