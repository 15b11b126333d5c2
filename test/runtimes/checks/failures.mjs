import { equal, ok, outcomes, rejection } from '../context.mjs';

const keys = (name, count) =>
  Array.from({ length: count }, (_, index) => `${name}-number-${index}`);

/** A started run, and spans of it, each with its key. */
async function spansOf(t, client, names) {
  const run = await client.agentInstances.register({});
  await client.agentInstances.start(run);
  const calls = t.spans(client, names.length, (index) => ({
    agentInstanceId: run,
    idempotencyKey: names[index],
  }));
  return { run, calls };
}

export const failures = {
  'an item that fails at any of ten positions fails alone': async (t) => {
    const backend = await t.emulated();
    for (let position = 0; position < 10; position++) {
      const names = keys(`at-${position}`, 10);
      await backend.report('faults.refuse', names[position]);
      const { calls } = await spansOf(t, t.client(backend), names);
      const expected = names.map((_, index) =>
        index === position ? 'PrefactorValidationError' : 'ok',
      );
      equal(await outcomes(calls), expected, `the outcomes, position ${position}`);
    }
    equal((await backend.report()).doubled, [], 'what was done twice');
  },

  '7 bad of 60 reject, the others resolve': async (t) => {
    const backend = await t.emulated();
    const names = keys('bad', 60);
    const bad = new Set([0, 8, 9, 23, 40, 41, 59]);
    for (const index of bad) await backend.report('faults.refuse', names[index]);
    const { calls } = await spansOf(t, t.client(backend, { batch: { concurrency: 1 } }), names);
    const expected = names.map((_, index) => (bad.has(index) ? 'PrefactorValidationError' : 'ok'));
    equal(await outcomes(calls), expected, 'the outcomes');
    const requests = (await backend.requests()).length - 2;
    ok(requests <= 8, `${requests} requests for 7 bad of 60`);
  },

  "onSkipped: 'reject' rejects what was not reached": async (t) => {
    const backend = await t.emulated();
    const names = keys('skipped', 4);
    await backend.report('faults.refuse', names[1]);
    const { calls } = await spansOf(t, t.client(backend, { onSkipped: 'reject' }), names);
    const skipped = 'PrefactorSkippedError';
    equal(
      await outcomes(calls),
      ['ok', 'PrefactorValidationError', skipped, skipped],
      'the outcomes',
    );
  },

  'who needs what failed is rejected with it, unsent': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const run = await client.agentInstances.register({});
    await backend.report('faults.refuse', 'the-root-span');
    const root = client.agentSpans.create({
      agentInstanceId: run,
      schemaName: 'agent:llm',
      status: 'active',
      idempotencyKey: 'the-root-span',
    });
    const child = client.agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName: 'agent:tool',
      status: 'complete',
      idempotencyKey: 'the-child-span',
    });
    const finish = client.agentSpans.finish(root);
    const dependency = 'PrefactorDependencyError';
    equal(
      await outcomes([root, child, finish]),
      ['PrefactorValidationError', dependency, dependency],
      'the outcomes',
    );
    const sent = (await backend.report()).ran.filter(({ outcome }) => outcome !== 'error');
    ok(!sent.some(({ key }) => key === 'the-child-span'), 'the child was done');
  },

  'a 422 of a whole request is halved until the culprit stands alone': async (t) => {
    const backend = await t.emulated();
    const names = keys('half', 16);
    const fault = { kind: 'status', status: 422 };
    await backend.report('faults.poison', names[11], fault);
    const { calls } = await spansOf(t, t.client(backend), names);
    const expected = names.map((_, index) => (index === 11 ? 'PrefactorValidationError' : 'ok'));
    equal(await outcomes(calls), expected, 'the outcomes');
  },

  'a 413 is halved, and smaller requests go from then on': async (t) => {
    const backend = await t.emulated({ maxBytes: 6_000 });
    const client = t.client(backend);
    const run = await client.agentInstances.register({});
    const payload = { text: 'x'.repeat(500) };
    const spans = () => t.spans(client, 20, () => ({ agentInstanceId: run, payload }));
    equal(await outcomes(spans()), Array(20).fill('ok'), 'the outcomes');
    const first = (await backend.requests()).length;
    equal(await outcomes(spans()), Array(20).fill('ok'), 'the outcomes of the next');
    const second = (await backend.requests()).length - first;
    ok(second < first, `${first} requests the first time, ${second} the second`);
  },

  'a single item that is too large for the server rejects': async (t) => {
    const backend = await t.scripted([{ status: 413 }]);
    const [call] = t.spans(t.client(backend), 1);
    const error = await rejection(call);
    equal([error.name, error.status], ['PrefactorApiError', 413], 'the error');
  },

  'a failure is told to listeners, and raises nothing': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const told = [];
    client.on('failure', ({ error, key, type }) => told.push([error.name, key, type]));
    await backend.report('faults.refuse', 'a-refused-span');
    // Nobody awaits it: were it not marked as handled, this check would fail for it.
    const { run } = await spansOf(t, client, ['a-refused-span']);
    await client.flush();
    equal(
      told,
      [['PrefactorValidationError', 'a-refused-span', 'agent_spans/create']],
      'what was told',
    );
    equal((await run).status, 'pending', 'the run');
  },
};
