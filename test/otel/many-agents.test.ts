// 50 agents at once: the right state in the end, by few requests.
import type { Tracer } from '@opentelemetry/api';
import { expect, test } from 'vitest';
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript
import { families } from '../genai/families.mjs';
import { runsOf, treesOf } from '../trace/trees.ts';
import type { TracedProgram } from './traced-program.ts';
import { tracedProgram, within } from './traced-program.ts';

const AGENTS = 50;
const MODEL_LATENCY_MS = 20;

function modelTime(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, MODEL_LATENCY_MS));
}

/** Ten times a model is asked, and uses a tool. */
async function agent(tracer: Tracer, name: string): Promise<void> {
  const start = { attributes: { 'gen_ai.operation.name': 'invoke_agent' } };
  await tracer.startActiveSpan(name, start, async (root) => {
    for (let step = 0; step < 10; step++) {
      await tracer.startActiveSpan('chat', async (span) => {
        span.setAttribute('gen_ai.operation.name', 'chat');
        await modelTime();
        span.end();
      });
      const attributes = { 'gen_ai.operation.name': 'execute_tool' };
      tracer.startSpan('execute_tool', { attributes }).end();
    }
    root.end();
  });
}

function byName(a: { readonly name: unknown }, b: { readonly name: unknown }): number {
  return String(a.name).localeCompare(String(b.name));
}

function expectFewRequests(t: TracedProgram): void {
  const { items, requests } = t.emulator.report();
  expect(requests.bulk).toBeLessThanOrEqual(items / 20);
  const { ledger } = t.client.stats();
  expect(ledger.succeeded).toBe(ledger.accepted);
}

test('agents with ten steps each', async () => {
  const t = await tracedProgram();
  const names = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`);
  await within(t, Promise.all(names.map((name) => agent(t.tracer, name))));
  await within(t, t.provider.shutdown());
  const trees = treesOf(t.emulator);
  expect(trees.map(({ spans }) => spans[0]?.name).sort()).toEqual(names.sort());
  const children = ['chat', 'execute_tool'].flatMap((name) =>
    Array.from({ length: 10 }, () => ({ name, status: 'complete' })),
  );
  for (const { status, spans } of trees) {
    expect(status).toBe('complete');
    expect(spans).toMatchObject([{ status: 'complete' }]);
    // Ids that the server makes have another order than those of the client.
    expect(spans[0]?.children?.toSorted(byName)).toEqual(children);
  }
  expectFewRequests(t);
});

test('agents of the AI SDK', async () => {
  const t = await tracedProgram();
  const program = families['GenAI conventions (@ai-sdk/otel)'];
  const agents = Array.from({ length: AGENTS }, () =>
    program?.(t.provider, undefined, MODEL_LATENCY_MS),
  );
  await within(t, Promise.all(agents));
  await within(t, t.provider.forceFlush());
  const [first, ...others] = treesOf(t.emulator);
  expect(first).toMatchObject({
    status: 'complete',
    spans: [
      {
        name: 'invoke_agent mock-1',
        children: [
          { name: 'step 1', children: [{ name: 'chat mock-1' }, { name: 'execute_tool weather' }] },
          { name: 'step 2', children: [{ name: 'chat mock-1' }] },
        ],
      },
    ],
  });
  expect(others).toEqual(Array.from({ length: AGENTS - 1 }, () => first));
  expect(runsOf(t.emulator).map(({ status }) => status)).not.toContain('active');
  expectFewRequests(t);
});
