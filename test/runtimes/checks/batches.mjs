import { equal, ok, outcomes, sleep, span } from '../context.mjs';

const sizes = async (backend) => (await backend.requests()).map(({ keys }) => keys.length);

export const batches = {
  'calls of one block leave as one request': async (t) => {
    const backend = await t.scripted();
    equal(await outcomes(t.spans(t.client(backend), 20)), Array(20).fill('ok'), 'the outcomes');
    equal(await sizes(backend), [20], 'the sizes');
  },

  'so do those of chains of promise jobs': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const chains = Array.from({ length: 5 }, async (_, index) => {
      for (let jobs = 0; jobs < 1 + index; jobs++) await undefined;
      return client.agentSpans.create(span(index));
    });
    equal(await outcomes(chains), Array(5).fill('ok'), 'the outcomes');
    equal(await sizes(backend), [5], 'the sizes');
  },

  'and those after an await of such a call': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const agents = Array.from({ length: 4 }, async (_, index) => {
      await client.agentSpans.create(span(index));
      await client.agentSpans.create(span(index));
    });
    await Promise.all(agents);
    equal(await sizes(backend), [4, 4], 'the sizes');
  },

  'a window of milliseconds gathers what comes within it': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, { batch: { window: 300 } });
    const early = t.spans(client, 2);
    await sleep(1);
    equal(await outcomes([...early, ...t.spans(client, 3)]), Array(5).fill('ok'), 'the outcomes');
    equal(await sizes(backend), [5], 'the sizes');
  },

  "a window of the user's own ends when it says so": async (t) => {
    const backend = await t.scripted();
    let end;
    const client = t.client(backend, {
      batch: {
        window: (flush) => {
          end = flush;
        },
      },
    });
    const calls = t.spans(client, 2);
    await sleep(20);
    equal(await sizes(backend), [], 'the sizes before');
    end();
    await Promise.all(calls);
    equal(await sizes(backend), [2], 'the sizes');
  },

  'maxItems and concurrency hold': async (t) => {
    const backend = await t.scripted([{ ok: 'slowly', ms: 30 }]);
    const client = t.client(backend, { batch: { maxItems: 5, concurrency: 3 } });
    equal(await outcomes(t.spans(client, 33)), Array(33).fill('ok'), 'the outcomes');
    equal(
      (await sizes(backend)).sort((a, b) => a - b),
      [3, 5, 5, 5, 5, 5, 5],
      'the sizes',
    );
    const { peak } = await backend.report();
    ok(peak <= 3, `${peak} requests were in flight at once`);
  },

  'a connection is used again': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    for (let index = 0; index < 12; index++) await client.agentSpans.create(span(index));
    const requests = await backend.requests();
    equal(requests.length, 12, 'the requests');
    const sockets = new Set(requests.map(({ socket }) => socket)).size;
    // A browser takes turns among the six that it keeps for a host.
    ok(sockets <= 6, `12 requests, one after the other, took ${sockets} connections`);
  },

  'a batch is closed at maxBytes': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, { batch: { maxBytes: 2_000 } });
    await Promise.all(t.spans(client, 20, () => ({ payload: { text: 'ü'.repeat(200) } })));
    for (const { bytes } of await backend.requests())
      ok(bytes <= 2_000, `a request has ${bytes} bytes`);
  },
};
