import { equal, ok, outcomes } from '../context.mjs';

/** A whole run, written without one await. */
function wholeRun(client) {
  const run = client.agentInstances.register({ agentVersion: { name: 'Shop assistant' } });
  const started = client.agentInstances.start(run);
  const root = client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:llm',
    status: 'active',
  });
  const children = Array.from({ length: 5 }, (_, index) =>
    client.agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName: 'agent:tool',
      status: 'complete',
      payload: { index },
    }),
  );
  const finished = client.agentSpans.finish(root, {
    status: 'complete',
    resultPayload: { answer: 42 },
  });
  const quality = client.agentInstances.recordQuality(run, {
    name: 'score',
    payload: { value: 1 },
  });
  const ended = client.agentInstances.finish(run, { status: 'complete' });
  return { run, root, children, all: [run, started, root, ...children, finished, quality, ended] };
}

function referenceCheck(ids) {
  return async (t) => {
    const backend = await t.emulated();
    const { run, root, children, all } = wholeRun(t.client(backend, { ids }));
    equal(await outcomes(all), Array(all.length).fill('ok'), 'the outcomes');
    const { breaches, doubled, instances } = await backend.report();
    equal([breaches, doubled], [[], []], 'breaches, and what was done twice');
    const { id } = await run;
    const { status, spans } = instances[id];
    equal(status, 'complete', 'the status of the run');
    const parent = (await root).id;
    equal(spans[parent].result_payload, { answer: 42 }, 'the result of the root');
    for (const child of children) equal(spans[(await child).id].parent_span_id, parent, 'a parent');
  };
}

export const runs = {
  "a whole run by reference, ids: 'client'": referenceCheck('client'),
  "a whole run by reference, ids: 'server'": referenceCheck('server'),

  'a whole tree leaves in one request': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const run = await client.agentInstances.register({});
    client.agentInstances.start(run);
    const level = (parents) =>
      parents.flatMap((parentSpanId) =>
        [0, 1, 2].map(() =>
          client.agentSpans.create({
            agentInstanceId: run,
            parentSpanId,
            schemaName: 'agent:tool',
            status: 'complete',
          }),
        ),
      );
    const roots = level([undefined]);
    const branches = level(roots);
    const leaves = level(branches);
    const all = [...roots, ...branches, ...leaves];
    equal(await outcomes(all), Array(39).fill('ok'), 'the outcomes');
    equal((await backend.requests()).length, 2, 'the requests');
    ok(
      all.every(({ id }) => typeof id === 'string'),
      'an id is not known at the call',
    );
  },

  'submit sends any action, and resolves with its output': async (t) => {
    const backend = await t.scripted();
    const output = await t
      .client(backend)
      .submit({ _type: 'agents/show', agent_id: 'an-agent-id' });
    equal(output.status, 'success', 'the status');
    const [{ body }] = await backend.requests();
    equal(JSON.parse(body).items[0].agent_id, 'an-agent-id', 'what was sent');
  },

  'bulk.execute sends a batch as it stands': async (t) => {
    const backend = await t.scripted(['ok'], {});
    const items = Array.from({ length: 3 }, (_, index) => ({
      _type: 'agents/show',
      idempotency_key: `show-agent-${index}`,
      agent_id: `agent-${index}`,
    }));
    const { status, outputs } = await t.client(backend).bulk.execute({ items });
    equal(status, 'success', 'the status');
    equal(
      Object.keys(outputs),
      items.map(({ idempotency_key }) => idempotency_key),
      'the keys',
    );
    const [{ body }] = await backend.requests();
    equal(JSON.parse(body), { items }, 'the body');
  },

  'terminate tells of a run that somebody ended, once': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const told = [];
    client.on('terminate', (detail) => told.push(detail));
    const run = await client.agentInstances.register({});
    await client.agentInstances.start(run);
    await backend.report('terminate', run.id, 'too expensive');
    await Promise.all(t.spans(client, 3, () => ({ agentInstanceId: run })));
    equal(told, [{ agentInstanceId: run.id, reason: 'too expensive' }], 'what was told');
  },
};
