import { equal, ok, outcomes, rejection, sleep, span, until } from '../context.mjs';

export const bounds = {
  'an abort before sending rejects with its reason, and costs nothing': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const call = client.agentSpans.create(span(0), { signal: controller.signal });
    const [neighbour] = t.spans(client, 1);
    controller.abort(reason);
    ok((await rejection(call)) === reason, 'it is another reason');
    equal(await outcomes([neighbour]), ['ok'], 'the neighbour');
    equal(
      (await backend.requests()).map(({ keys }) => keys.length),
      [1],
      'the sizes',
    );
  },

  'an abort in flight rejects at once, and the neighbours live on': async (t) => {
    const backend = await t.scripted([{ ok: 'slowly', ms: 300 }]);
    const client = t.client(backend);
    const controller = new AbortController();
    const call = client.agentSpans.create(span(0), { signal: controller.signal });
    const [neighbour] = t.spans(client, 1);
    await until(async () => (await backend.requests()).length > 0);
    controller.abort();
    equal((await rejection(call)).name, 'AbortError', 'the reason');
    equal(client.stats().inFlight, 2, 'in flight');
    equal(await outcomes([neighbour]), ['ok'], 'the neighbour');
    equal(client.stats().ledger.cancelled, 1, 'cancelled');
  },

  'a signal that has fired already sends nothing': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const call = client.agentSpans.create(span(0), { signal: AbortSignal.abort() });
    equal((await rejection(call)).name, 'AbortError', 'the reason');
    await client.flush();
    equal((await backend.requests()).length, 0, 'the requests');
  },

  'AbortSignal.timeout ends a call': async (t) => {
    const backend = await t.scripted([{ hangs: 'before the headers' }]);
    const call = t.client(backend).agentSpans.create(span(0), { signal: AbortSignal.timeout(50) });
    equal((await rejection(call)).name, 'TimeoutError', 'the reason');
  },

  'flush resolves with the books when all before it has settled': async (t) => {
    const backend = await t.scripted([{ ok: 'slowly', ms: 50 }]);
    const client = t.client(backend, { batch: { window: 60_000 } });
    t.spans(client, 7);
    const ledger = await client.flush();
    equal([ledger.accepted, ledger.succeeded, ledger.pending], [7, 7, 0], 'the books');
  },

  'flush resolves at its time-out': async (t) => {
    const backend = await t.scripted([{ hangs: 'before the headers' }]);
    const client = t.client(backend);
    t.spans(client, 2);
    equal((await client.flush({ timeoutMs: 50 })).pending, 2, 'pending');
  },

  'close sends what is queued, and takes no more': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, { batch: { window: 60_000 } });
    const calls = t.spans(client, 3);
    const closing = client.close();
    ok(closing === client.close(), 'a second close gives another promise');
    const late = t.spans(client, 1);
    equal(
      await outcomes([...calls, ...late]),
      ['ok', 'ok', 'ok', 'PrefactorClosedError'],
      'the outcomes',
    );
    equal((await closing).succeeded, 3, 'succeeded');
  },

  'close rejects at its time-out what is left': async (t) => {
    const backend = await t.scripted([{ hangs: 'in the body' }]);
    const client = t.client(backend, { batch: { concurrency: 1, maxItems: 1 } });
    const calls = t.spans(client, 2);
    await until(async () => (await backend.requests()).length > 0);
    await client.close({ timeoutMs: 50 });
    const [first, second] = await Promise.all(calls.map(rejection));
    equal([first.name, first.maybeApplied], ['PrefactorClosedError', true], 'the one in flight');
    equal([second.name, second.maybeApplied], ['PrefactorClosedError', false], 'the other');
  },

  'await using closes, where the runtime has it': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const names = Reflect.ownKeys(Object.getPrototypeOf(client));
    ok(!names.includes('undefined'), 'the client has a method of the name "undefined"');
    if (Symbol.asyncDispose === undefined) return;
    const calls = t.spans(client, 2);
    await client[Symbol.asyncDispose]();
    equal(await outcomes(calls), ['ok', 'ok'], 'the outcomes');
  },

  'a full queue turns new calls away, and ready tells of room': async (t) => {
    const backend = await t.scripted([{ ok: 'slowly', ms: 30 }]);
    const client = t.client(backend, { queue: { maxItems: 10 } });
    const calls = t.spans(client, 12);
    const error = await rejection(calls[11]);
    equal(error.name, 'PrefactorQueueFullError', 'the error');
    await client.ready();
    const more = t.spans(client, 5);
    const expected = [...Array(10).fill('ok'), ...Array(2).fill('PrefactorQueueFullError')];
    equal(
      await outcomes([...calls, ...more]),
      [...expected, ...Array(5).fill('ok')],
      'the outcomes',
    );
    equal(client.stats().ledger.declined, 2, 'declined');
  },

  'an item above maxItemBytes rejects at the call': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, { maxItemBytes: 1_000 });
    const large = client.agentSpans.create(span(0, { payload: { text: 'ü'.repeat(600) } }));
    const calls = [large, ...t.spans(client, 1)];
    equal(await outcomes(calls), ['PrefactorInvalidArgumentError', 'ok'], 'the outcomes');
  },

  'events tell what happens, and the books balance': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const told = [];
    for (const name of ['dispatch', 'response', 'requeue', 'retry', 'failure', 'idle']) {
      client.on(name, () => told.push(name));
    }
    const stop = client.on('dispatch', () => told.push('not any more'));
    stop();
    const run = await client.agentInstances.register({});
    await backend.report('faults.refuse', 'a-span-that-fails');
    const calls = t.spans(client, 3, (index) => ({
      agentInstanceId: run,
      ...(index === 1 && { idempotencyKey: 'a-span-that-fails' }),
    }));
    await Promise.allSettled(calls);
    await sleep(0);
    const counts = {};
    for (const name of told) counts[name] = (counts[name] ?? 0) + 1;
    equal(counts, { dispatch: 3, response: 3, requeue: 1, failure: 1, idle: 2 }, 'the events');
    const { accepted, succeeded, refused } = client.stats().ledger;
    equal([accepted, succeeded, refused], [4, 3, 1], 'the books');
  },
};
