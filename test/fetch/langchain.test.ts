// Check (h): the official middleware for LangChain, unchanged, around an agent with a fake model.
import { expect, test } from 'vitest';
import { createBatchingFetch } from '../../src/fetch/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { SDK_TOKEN, SDK_URL } from '../../tools/official-sdk.ts';

// By a computed path, so that the compiler does not look for its types.
const script = new URL('../../tools/langchain-agent.mjs', import.meta.url).href;
const { runAgent } = (await import(script)) as {
  runAgent(options: object): Promise<void>;
};

const TOOL_CALLS = 60;
const agent = { apiUrl: SDK_URL, apiToken: SDK_TOKEN, toolCalls: TOOL_CALLS };

test('an agent of LangChain leaves the same state, in a fortieth of the requests', async () => {
  const plain = new Emulator();
  await runAgent({ ...agent, fetch: plain.fetch });
  const emulator = new Emulator();
  const client = new AutobatchClient({
    apiUrl: SDK_URL,
    apiToken: SDK_TOKEN,
    fetch: emulator.fetch,
    logger: false,
  });
  const fetch = createBatchingFetch(client, { answer: 'on-accept', fetch: emulator.fetch });
  await runAgent({ ...agent, fetch });
  fetch.uninstall();
  await client.close();
  const [run] = Object.values(emulator.snapshot().instances);
  expect(run).toMatchObject({
    status: 'complete',
    span_counts: { total: 2 * TOOL_CALLS + 1, complete: 2 * TOOL_CALLS + 1 },
  });
  expect(spansOf(emulator)).toEqual(spansOf(plain));
  expect(fetch.stats()).toMatchObject({ passed: {}, lateFailures: 0 });
  const { requests } = emulator.report();
  expect(requests.all * 40).toBeLessThanOrEqual(plain.report().requests.all);
});

/** What was recorded. LangChain gives a message its id when the middleware has seen it: then or later it is sent. */
function spansOf(emulator: Emulator): readonly string[] {
  return Object.values(emulator.snapshot().instances)
    .flatMap(({ spans }) => Object.values(spans))
    .map(({ schema_name, status, payload, result_payload, parent_span_id }) => {
      const { name, inputs, outputs, error } = Object(payload);
      const recorded = { name, inputs, outputs, error, result_payload, parent_span_id };
      return JSON.stringify({ schema_name, status, ...recorded });
    })
    .map((text) => text.replaceAll(/,"id":"[0-9a-f-]{36}"/g, ''))
    .sort();
}
