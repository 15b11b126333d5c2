import { traced } from 'prefactor-autobatch/trace';
import { equal, Skipped } from '../context.mjs';

/** Of the one run: each span by its name, with its status and the name of its parent. */
async function treeOf(backend) {
  const { instances, breaches } = await backend.report();
  equal(breaches, [], 'the breaches');
  const [run] = Object.values(instances);
  const all = Object.values(run.spans);
  const nameOf = (id) => all.find((span) => span.id === id)?.payload.name ?? null;
  const spans = all
    .map(({ payload, status, parent_span_id }) => [payload.name, status, nameOf(parent_span_id)])
    .sort();
  return { status: run.status, spans };
}

export const traces = {
  'a run and its spans around functions, by handles': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const tracer = traced(client);
    const error = new Error('no such order');
    const answer = await tracer.run({ name: 'agent', input: { id: 1n } }, async (run) => {
      const found = await run.span('find', async (find) => find.span('query', () => 'it'));
      const caught = await run.span('fail', () => Promise.reject(error)).catch((seen) => seen);
      equal(caught === error, true, 'the same error');
      run.startSpan('forgotten');
      return `found ${found}`;
    });
    equal(answer, 'found it', 'the result');
    await client.flush();
    equal(
      await treeOf(backend),
      {
        status: 'complete',
        spans: [
          ['agent', 'complete', null],
          ['fail', 'failed', 'agent'],
          ['find', 'complete', 'agent'],
          ['forgotten', 'cancelled', 'agent'],
          ['query', 'complete', 'find'],
        ],
      },
      'the tree',
    );
    equal(tracer.stats().openRuns, 0, 'open runs');
  },

  'a span ends with the stream that its function returns': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const tracer = traced(client);
    const stream = tracer.run({ name: 'agent' }, () => new Blob(['a', 'b']).stream());
    equal(stream.locked, false, 'locked');
    equal(tracer.stats().openRuns, 1, 'open runs');
    const reader = stream.getReader();
    while (!(await reader.read()).done);
    await client.flush();
    equal(
      await treeOf(backend),
      { status: 'complete', spans: [['agent', 'complete', null]] },
      'the tree',
    );
  },

  'spans nest by context where there is one': async (t) => {
    const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
    if (hooks === undefined) throw new Skipped('the runtime has no async contexts');
    const backend = await t.emulated();
    const client = t.client(backend);
    const tracer = traced(client);
    await tracer.run({ name: 'agent' }, async () => {
      await null;
      await tracer.span('outer', async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        tracer.span('inner', () => {});
      });
    });
    await client.flush();
    const { spans } = await treeOf(backend);
    equal(
      spans,
      [
        ['agent', 'complete', null],
        ['inner', 'complete', 'outer'],
        ['outer', 'complete', 'agent'],
      ],
      'the tree',
    );
  },
};
