import * as main from 'prefactor-autobatch';
import * as coalescer from 'prefactor-autobatch/coalescer';
import * as otel from 'prefactor-autobatch/otel';
import * as testing from 'prefactor-autobatch/testing';
import * as trace from 'prefactor-autobatch/trace';
import { equal, ok, outcomes, rejection, span } from '../context.mjs';

export const entries = {
  'each entry has its names': () => {
    const names = Object.keys(main);
    for (const name of [
      'AutobatchClient',
      'PrefactorError',
      'isPrefactorError',
      'isAutobatchRequest',
    ]) {
      ok(names.includes(name), `${name} is not among ${names}`);
    }
    equal(typeof coalescer.Coalescer, 'function', 'Coalescer');
    equal(typeof testing.Emulator, 'function', 'Emulator');
    equal(typeof trace.traced, 'function', 'traced');
    equal(typeof otel.PrefactorSpanProcessor, 'function', 'PrefactorSpanProcessor');
  },

  'errors are classes of one root, each with a code': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const error = await rejection(client.agentInstances.start('01k3zxw0000000a1b2c300000000000z'));
    ok(error instanceof main.PrefactorNotFoundError, `${error.name} is no PrefactorNotFoundError`);
    ok(error instanceof main.PrefactorApiError, `${error.name} is no PrefactorApiError`);
    ok(error instanceof main.PrefactorError, `${error.name} is no PrefactorError`);
    ok(error instanceof Error, `${error.name} is no Error`);
    ok(main.isPrefactorError(error), 'isPrefactorError does not know it');
    equal(error.maybeApplied, false, 'maybeApplied');
    ok(typeof error.code === 'string' && typeof error.idempotencyKey === 'string', 'code and key');
  },

  'the emulator is a server in process': async (t) => {
    const emulator = new testing.Emulator();
    const client = t.client(undefined, { apiToken: 'test-token', fetch: emulator.fetch });
    const run = client.agentInstances.register({});
    client.agentInstances.start(run);
    const spans = t.spans(client, 10, () => ({ agentInstanceId: run }));
    emulator.faults.next({ kind: 'dropAfter' });
    equal(await outcomes(spans), Array(10).fill('ok'), 'the outcomes');
    const { breaches, effects } = emulator.report();
    equal(breaches, [], 'the breaches');
    equal(
      [...effects].filter(([, times]) => times !== 1),
      [],
      'effects that came twice',
    );
  },

  'the engine runs alone': async () => {
    const batches = [];
    const engine = new coalescer.Coalescer({
      send: async ({ keys }) => {
        batches.push(keys);
        return {
          kind: 'answered',
          status: 200,
          outputs: Object.fromEntries(keys.map((key) => [key, key])),
        };
      },
      maxItems: 3,
    });
    const calls = ['a', 'b', 'c', 'd'].map((key) => engine.submit({ key, text: `"${key}"` }));
    equal(await Promise.all(calls), ['a', 'b', 'c', 'd'], 'the values');
    equal(batches, [['a', 'b', 'c'], ['d']], 'the batches');
    await engine.close();
  },

  '50,000 calls, each with its own result': async (t) => {
    const backend = await t.scripted(['ok'], { keeps: false });
    const client = t.client(backend, { batch: { maxItems: 1_000 } });
    const failed = [];
    for (let from = 0; from < 50_000; from += 10_000) {
      await client.ready();
      const calls = Array.from({ length: 10_000 }, (_, index) =>
        client.agentSpans.create(span(from + index)).then(({ id }) => id),
      );
      const ids = await Promise.allSettled(calls);
      failed.push(...ids.filter(({ status }) => status === 'rejected'));
      equal(new Set(ids.map(({ value }) => value)).size, 10_000, 'different ids');
    }
    equal(failed, [], 'failed calls');
    equal((await client.flush()).succeeded, 50_000, 'succeeded');
  },
};
