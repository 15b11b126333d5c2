// Agents in each naming family, from the instrumentation to the server's state.
import { describe, expect, test } from 'vitest';
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript
import { families } from '../genai/families.mjs';
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript
import { askOpenAi } from '../genai/openai.mjs';
import { spansOf, treesOf } from '../trace/trees.ts';
import { tracedProgram, within } from './traced-program.ts';

describe.each(Object.keys(families))('%s', (family) => {
  test('an agent with a tool', async () => {
    const t = await tracedProgram();
    const agent = t.tracer.startActiveSpan('agent', async (root) => {
      await families[family]?.(t.provider);
      root.end();
    });
    await within(t, agent);
    await t.settled();
    const [run, ...others] = treesOf(t.emulator);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: 'complete', spans: [{ name: 'agent' }] });
    const spans = spansOf(t.emulator);
    const types = spans.map(({ schema_name }) => schema_name);
    expect(types).toEqual(expect.arrayContaining(['agent:llm', 'agent:tool']));
    expect(spans.map(({ status }) => status)).toEqual(spans.map(() => 'complete'));
    expect(t.client.stats().ledger.refused).toBe(0);
  });

  test('one whose model fails', async () => {
    const t = await tracedProgram();
    const agent = Promise.resolve(families[family]?.(t.provider, 'failing'));
    await expect(within(t, agent)).rejects.toThrow('the model is away');
    await t.settled();
    const failed = spansOf(t.emulator).filter(({ status }) => status === 'failed');
    expect(failed.map(({ schema_name }) => schema_name)).toContain('agent:llm');
    for (const { result_payload } of failed) {
      expect(Object(result_payload).message).toMatch(/^the model is away/);
    }
    expect(treesOf(t.emulator).map(({ status }) => status)).not.toContain('active');
  });
});

describe('GenAI conventions (OpenAI, by OpenTelemetry)', () => {
  test('an answer and embeddings are calls of models, with tokens and without messages', async () => {
    const t = await tracedProgram();
    const agent = t.tracer.startActiveSpan('agent', async (root) => {
      await askOpenAi(t.provider);
      root.end();
    });
    await within(t, agent);
    await t.settled();
    const complete = { status: 'complete' };
    const children = ['chat mock-1', 'embeddings vectors-1'].map((name) => ({ name, ...complete }));
    expect(treesOf(t.emulator)).toEqual([
      { ...complete, spans: [{ name: 'agent', ...complete, children }] },
    ]);
    expect(t.recorded('chat mock-1')).toMatchObject({
      schema_name: 'agent:llm',
      payload: { inputs: {}, metadata: { model: 'mock-1' } },
      result_payload: { token_usage: { prompt_tokens: 12, completion_tokens: 5 } },
    });
    expect(t.recorded('embeddings vectors-1')).toMatchObject({
      schema_name: 'agent:embedding',
      result_payload: { token_usage: { prompt_tokens: 3 } },
    });
  });

  test('one that fails', async () => {
    const t = await tracedProgram();
    await expect(within(t, askOpenAi(t.provider, 'failing'))).rejects.toThrow('the model is away');
    await t.settled();
    expect(t.recorded('chat mock-1')).toMatchObject({
      status: 'failed',
      result_payload: { error_type: 'TypeError', message: 'the model is away' },
    });
  });
});
