// Requests, the token function and listeners run in a root async context.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { span } from '../helpers/spans.ts';

test.each([
  ['a tick', { window: 'tick' as const }],
  ['milliseconds', { window: 5 }],
  ["the user's own", { window: (flush: () => void) => void setTimeout(flush, 5) }],
])('work done for many callers sees none of them (window: %s)', async (_, batch) => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const look = (where: string): void => {
    seen.push([where, storage.getStore()]);
  };
  const t = await harness();
  const client = t.newClient({
    batch,
    apiToken: async () => {
      look('token');
      return TOKEN;
    },
    fetch: (request, init) => {
      look('fetch');
      return t.emulator.fetch(request, init);
    },
  });
  for (const name of ['dispatch', 'response', 'failure', 'idle'] as const) {
    client.on(name, () => look(name));
  }
  t.refuse('a');
  const continuations = ['a', 'b'].map((name) =>
    storage.run(`caller ${name}`, async () => {
      await client.agentSpans.create(span(name)).catch(() => {});
      return storage.getStore();
    }),
  );
  await t.settled();
  expect(await Promise.all(continuations)).toEqual(['caller a', 'caller b']);
  expect(new Set(seen.map((entry) => JSON.stringify(entry)))).toEqual(
    new Set(
      ['token', 'fetch', 'dispatch', 'response', 'failure', 'idle'].map((where) =>
        JSON.stringify([where, undefined]),
      ),
    ),
  );
});

test('a client that is made within a context keeps nothing of it', async () => {
  const storage = new AsyncLocalStorage<string>();
  const t = await harness();
  let seen: unknown = 'nothing yet';
  const client = storage.run('maker', () =>
    t.newClient({
      fetch: (request, init) => {
        seen = storage.getStore();
        return t.emulator.fetch(request, init);
      },
    }),
  );
  void storage.run('caller', () => client.agentSpans.create(span('a')));
  await t.settled();
  expect(seen).toBeUndefined();
});

test('a retry and a flush run in the root context as well', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const t = await harness();
  const client = t.newClient({
    fetch: (request, init) => {
      seen.push(storage.getStore());
      return t.emulator.fetch(request, init);
    },
  });
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: 3 });
  storage.run('caller', () => {
    void client.agentSpans.create(span('a'));
    void client.flush();
  });
  await t.settled();
  expect(seen).toEqual([undefined, undefined, undefined, undefined]);
});

test('the global dispatcher sees no caller either, and each caller is back in its own context', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const server = await new Emulator({ strict: true }).listen();
  onTestFinished(() => server.close());
  const dispatcher = globalDispatcher();
  setGlobalDispatcher({
    dispatch(options, handler) {
      seen.push(storage.getStore());
      return dispatcher.dispatch(options, handler);
    },
  });
  const client = storage.run(
    'maker',
    () => new AutobatchClient({ apiUrl: server.url, apiToken: TOKEN }),
  );
  client.on('response', () => seen.push(storage.getStore()));
  const continuations = ['caller a', 'caller b'].map((caller) =>
    storage.run(caller, async () => {
      await client.agentInstances.register({});
      return storage.getStore();
    }),
  );
  expect(await Promise.all(continuations)).toEqual(['caller a', 'caller b']);
  await client.close();
  expect(seen).toEqual([undefined, undefined]);
});

test('beforeEnqueue runs within the call, and so in its context', async () => {
  const storage = new AsyncLocalStorage<string>();
  let seen: unknown;
  const t = await harness({
    beforeEnqueue: (action) => {
      seen = storage.getStore();
      return action;
    },
  });
  void storage.run('caller', () => t.span('a'));
  await t.settled();
  expect(seen).toBe('caller');
});
