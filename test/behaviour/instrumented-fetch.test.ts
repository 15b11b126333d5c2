// An agent that makes a span of each request must not feed on itself.
import { afterEach, expect, test } from 'vitest';
import { isAutobatchRequest } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { span } from '../helpers/spans.ts';

const { fetch: realFetch } = globalThis;

afterEach(() => {
  globalThis.fetch = realFetch;
});

/** A client on the global fetch, which makes a span of each request that it does not leave out. */
async function instrumented(leavesOut: (request: Request) => boolean) {
  const t = await harness();
  const client = t.newClient({ fetch: undefined });
  let requests = 0;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests++;
    if (!leavesOut(request)) {
      void client.agentSpans.create(span(`request-${requests}`, { schemaName: 'agent:tool' }));
    }
    return t.emulator.fetch(request);
  };
  return { t, client, requests: () => requests };
}

test('instrumentation that leaves our requests out sees no growth', async () => {
  const { t, client, requests } = await instrumented(isAutobatchRequest);
  void client.agentSpans.create(span('a'));
  await t.settled();
  await t.pass(60_000);
  expect(requests()).toBe(1);
  expect(client.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1 });
});

test('and without that it would: each request makes the next one', async () => {
  const { t, client, requests } = await instrumented(() => requests() > 20);
  void client.agentSpans.create(span('a'));
  await t.settled();
  expect(requests()).toBe(21);
});
