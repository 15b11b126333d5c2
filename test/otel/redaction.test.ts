// What is redacted is so wherever a copy of it would stand: the table of names moves attributes, and errors repeat themselves.
import { SpanStatusCode } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import type { TracedProgram } from './traced-program.ts';
import { tracedProgram, within } from './traced-program.ts';

const SECRET = 'hunter2';

async function stateOf(t: TracedProgram): Promise<string> {
  await within(t, t.provider.shutdown());
  expect(t.client.stats().ledger.refused).toBe(0);
  return JSON.stringify(t.emulator.snapshot());
}

test.each(['**.message', '**.exception.message'])(
  'the message of an exception is nowhere: in its stack, its event, the status, the error (%s)',
  async (path) => {
    const t = await tracedProgram({ redact: [path] });
    const span = t.tracer.startSpan('failing');
    span.recordException(new TypeError(SECRET));
    span.setStatus({ code: SpanStatusCode.ERROR, message: `failed: ${SECRET}` });
    span.end();
    const caught = t.tracer.startSpan('recovering');
    caught.recordException(new TypeError(SECRET));
    caught.end();
    expect(await stateOf(t)).not.toContain(SECRET);
    expect(t.recorded('failing')).toMatchObject({
      status: 'failed',
      result_payload: {
        error_type: 'TypeError',
        message: '[redacted]',
        stacktrace: '[redacted]',
        metadata: {
          otel: {
            events: [
              {
                attributes: {
                  'exception.type': 'TypeError',
                  'exception.message': '[redacted]',
                  'exception.stacktrace': '[redacted]',
                },
              },
            ],
          },
        },
      },
    });
  },
);

test('what is redacted in an error that is JSON is redacted in each copy of its message', async () => {
  const t = await tracedProgram({ redact: ['**.password'] });
  const message = `{"code":401,"password":"${SECRET}"}`;
  const span = t.tracer.startSpan('failing');
  span.recordException({ name: 'ApiError', message });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.end();
  expect(await stateOf(t)).not.toContain(SECRET);
  expect(t.recorded('failing').result_payload).toMatchObject({
    error_type: 'ApiError',
    message: '{"code":401,"password":"[redacted]"}',
  });
});

test.each([
  ['**.message', { 'error.message': SECRET }],
  ['**.message', { 'exception.message': SECRET, 'exception.stacktrace': `Error: ${SECRET}` }],
  ['**.message', { 'ai.values': `{"error":{"message":"${SECRET}","stack":"Error: ${SECRET}"}}` }],
  [
    '**.status_message',
    { 'langfuse.observation.level': 'ERROR', 'langfuse.observation.status_message': SECRET },
  ],
  ['**.gen_ai.prompt', { 'gen_ai.prompt': SECRET }],
  ['attributes.gen_ai.input.messages', { 'gen_ai.input.messages': `[{"content":"${SECRET}"}]` }],
  [
    'attributes.gen_ai.input.messages.*.content',
    { 'gen_ai.input.messages': `[{"role":"user","content":"${SECRET}"}]` },
  ],
  [
    '**.llm.output_messages.*.message.content',
    { 'llm.output_messages.0.message.content': SECRET, 'llm.output_messages.0.message.role': 'a' },
  ],
  ['**.entity.output', { 'traceloop.entity.output': SECRET }],
  ['attributes.gen_ai.request.model', { 'gen_ai.request.model': SECRET }],
  ['attributes', { 'gen_ai.completion': SECRET, other: SECRET }],
])(
  'an attribute is redacted by its own name, wherever the table of names moves it: %s',
  async (path, attributes) => {
    const t = await tracedProgram({ redact: [path] });
    t.tracer.startSpan('early', { attributes }).end();
    const late = t.tracer.startSpan('late');
    await t.settled();
    late.setAttributes(attributes);
    late.end();
    const state = await stateOf(t);
    expect(state).not.toContain(SECRET);
    expect(state).toContain('[redacted]');
  },
);
