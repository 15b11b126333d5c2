import { expect, test } from 'vitest';
import { fileWith } from '../run-cli.ts';
import { at, imported, traceFile } from './imported.ts';

test('a trace of Langfuse alone is imported, whatever else is in the file', async () => {
  const trace = { id: 't', name: 'alone', timestamp: at('000'), latency: 0.5 };
  const path = fileWith(`${JSON.stringify(trace)}\n{"of":"no interest"}\n`);
  const { code, summary, runs } = await imported('langfuse', path);
  expect({ code, found: summary.found }).toMatchObject({
    code: 0,
    found: { traces: 1, spans: 1, otherRecords: 1 },
  });
  expect(runs).toMatchObject([{ run: 't', times: [at('000'), at('500')] }]);
});

test('a trace of Langfuse with its observations becomes a run', async () => {
  const { code, summary, runs } = await imported('langfuse', traceFile('langfuse-trace.json'));
  expect(code).toBe(0);
  expect(summary.found).toEqual({
    traces: 1,
    spans: 4,
    duplicates: 2,
    withoutParent: 1,
    inCircles: 0,
    neverEnded: { traces: 0, spans: 0 },
    otherRecords: 0,
  });
  const [run] = runs;
  expect(run).toMatchObject({
    run: 'trace-1',
    status: 'complete',
    times: [at('000'), at('500')],
    spans: {
      answer: {
        schema: 'agent:agent',
        status: 'complete',
        payload: {
          inputs: { input: 'Weather in Bern?' },
          metadata: {
            langfuse: { trace_id: 'trace-1', id: 'o1', start_time: at('000') },
            trace: { name: 'answer', userId: 'user_123', tags: ['dev'], output: '"Sunny."' },
          },
        },
        result: { result: 'Sunny.' },
      },
      chat: {
        parent: 'answer',
        schema: 'agent:llm',
        status: 'failed',
        times: [at('100'), at('400')],
        payload: {
          inputs: { input: [{ role: 'user', content: 'Weather in Bern?' }] },
          metadata: {
            model: 'mock-1',
            attributes: {
              modelParameters: { temperature: 0.5 },
              metadata: { attempt: 1 },
              completionStartTime: at('200'),
            },
            langfuse: { parent_id: 'o1' },
          },
        },
        result: {
          message: 'no seat left',
          result: { role: 'assistant', content: 'Sunny.', id: '9007199254740993' },
          token_usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
          metadata: { langfuse: { end_time: at('400') } },
        },
      },
      shown: { parent: 'answer', status: 'complete', times: [at('450'), at('450')] },
      lost: { parent: undefined, payload: { metadata: { note: expect.stringContaining('gone') } } },
    },
  });
});

test('pages of the API of Langfuse are joined; a trace without observations is a span itself', async () => {
  const { code, summary, runs } = await imported('langfuse', traceFile('langfuse-pages.jsonl'));
  expect(code).toBe(0);
  expect(summary.found).toMatchObject({ traces: 2, spans: 3, duplicates: 0, withoutParent: 0 });
  expect(runs).toMatchObject([
    {
      run: 'trace-1',
      spans: {
        root: { payload: { metadata: { trace: { userId: 'user_123' } } } },
        weather: { parent: 'root', schema: 'agent:tool' },
      },
    },
    {
      run: 'trace-2',
      times: ['2026-09-01T09:00:00.000Z', '2026-09-01T09:00:01.500Z'],
      spans: { empty: { payload: { inputs: { input: 'Hello?' } } } },
    },
  ]);
});

test('runs of LangSmith become spans by another table, with child_runs in them or apart', async () => {
  const { code, summary, runs } = await imported('langsmith', traceFile('langsmith.jsonl'));
  expect(code).toBe(0);
  expect(summary.found).toMatchObject({ traces: 1, spans: 4, neverEnded: { spans: 1, traces: 1 } });
  expect(runs).toMatchObject([
    {
      run: '7a1e8c1c-0000-4000-8000-000000000001',
      status: 'active',
      spans: {
        agent: {
          parent: undefined,
          schema: 'agent:chain',
          times: [at('000'), at('500')],
          payload: {
            inputs: { question: 'Weather in Bern?' },
            metadata: { attributes: { tags: ['dev'] } },
          },
          result: { answer: 'Sunny.' },
        },
        ChatMock: {
          parent: 'agent',
          schema: 'agent:llm',
          times: [at('100001'), at('400002')],
          payload: { metadata: { model: 'mock-1', langsmith: { session_id: 's1' } } },
          result: {
            text: 'Sunny.',
            token_usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
          },
        },
        weather: {
          parent: 'agent',
          schema: 'agent:tool',
          status: 'failed',
          result: { message: "ValueError('no seat left')" },
        },
        waits: { parent: 'agent', status: 'active', times: [at('460'), null] },
      },
    },
  ]);
});
