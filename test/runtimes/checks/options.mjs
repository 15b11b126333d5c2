import { isAutobatchRequest } from 'prefactor-autobatch';
import { equal, ok, outcomes, Skipped, span } from '../context.mjs';

export const options = {
  'beforeEnqueue changes, leaves out, and rejects': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, {
      beforeEnqueue: (action) => {
        const { index } = action.details.payload;
        if (index === 1) return null;
        if (index === 2) throw new Error('not this one');
        return { ...action, details: { ...action.details, payload: { redacted: true } } };
      },
    });
    const expected = ['ok', 'ok', 'PrefactorInvalidArgumentError'];
    equal(await outcomes(t.spans(client, 3)), expected, 'the outcomes');
    const items = (await backend.requests()).flatMap(({ body }) => JSON.parse(body).items);
    equal(
      items.map(({ details }) => details.payload),
      [{ redacted: true }],
      'the payloads',
    );
  },

  'disabled: calls are checked, resolve, and nothing is sent': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, { disabled: true });
    const run = client.agentInstances.register({});
    const calls = [
      run,
      ...t.spans(client, 1, () => ({ agentInstanceId: run })),
      client.agentSpans.create(),
    ];
    equal(await outcomes(calls), ['ok', 'ok', 'PrefactorInvalidArgumentError'], 'the outcomes');
    equal((await backend.requests()).length, 0, 'the requests');
  },

  'a fetch option sends each request': async (t) => {
    const backend = await t.scripted();
    const seen = [];
    const client = t.client(backend, {
      fetch: (request) => {
        seen.push([request.method, new URL(request.url).pathname, isAutobatchRequest(request)]);
        return fetch(request);
      },
    });
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    equal(seen, [['POST', '/api/v1/bulk', true]], 'what was seen');
  },

  'an attempt over a fetch option is given up in time': async (t) => {
    const backend = await t.scripted([{ hangs: 'in the body' }, 'ok']);
    const client = t.client(backend, { attemptTimeoutMs: 400, fetch: (request) => fetch(request) });
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
  },

  'answers over a fetch option may have text() alone, or json()': async (t) => {
    const backend = await t.scripted();
    const only = (name) => async (request) => {
      const response = await fetch(request);
      return { status: response.status, [name]: () => response[name]() };
    };
    for (const name of ['text', 'json']) {
      const client = t.client(backend, { fetch: only(name) });
      equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], `the outcomes over ${name}()`);
    }
  },

  "on Node, requests go Node's own way, past fetch": async (t) => {
    const { versions } = globalThis.process ?? {};
    const isNode = versions?.uv && !versions.bun && !versions.deno;
    if (!isNode) throw new Skipped('this is not Node');
    const backend = await t.scripted();
    const client = t.client(backend);
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    const agents = (await backend.requests()).map(({ headers }) => headers['user-agent']);
    ok(/^prefactor-autobatch\/\d/.test(agents[0]), `Node's fetch is asked: ${agents}`);
  },

  'a global fetch that is replaced later sees each request': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const real = globalThis.fetch;
    let seen = 0;
    globalThis.fetch = (...args) => {
      seen++;
      return real(...args);
    };
    try {
      equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    } finally {
      globalThis.fetch = real;
    }
    equal(seen, 1, 'the requests that it saw');
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes afterwards');
    equal(seen, 1, 'the requests that it saw in all');
  },

  'each request has its headers': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend, {
      headers: { 'X-Tenant': 'blue' },
      sdk: ['my-adapter@1.2.3'],
    });
    await Promise.all(t.spans(client, 1));
    const [{ headers, method, path }] = await backend.requests();
    equal([method, path], ['POST', '/api/v1/bulk'], 'method and path');
    equal(headers['x-tenant'], 'blue', 'x-tenant');
    equal(headers['content-type'], 'application/json', 'content-type');
    equal(headers.accept, 'application/json', 'accept');
    equal(headers.authorization, `Bearer ${backend.token}`, 'authorization');
    ok(
      /^my-adapter@1\.2\.3 prefactor-autobatch@\d/.test(headers['x-prefactor-sdk']),
      headers['x-prefactor-sdk'],
    );
  },

  'waitUntil is given what is under way': async (t) => {
    const backend = await t.scripted();
    const work = [];
    const client = t.client(backend, { waitUntil: (promise) => void work.push(promise) });
    const calls = t.spans(client, 3);
    equal(work.length, 1, 'the promises');
    await Promise.all(work);
    equal(client.stats().ledger.pending, 0, 'pending');
    equal(await outcomes(calls), ['ok', 'ok', 'ok'], 'the outcomes');
  },

  "no caller's async context leaks into another's, or into requests": async (t) => {
    const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
    if (hooks === undefined) throw new Skipped('the runtime has no async contexts');
    const storage = new hooks.AsyncLocalStorage();
    const backend = await t.scripted();
    const seen = [];
    const client = t.client(backend, {
      fetch: (request) => {
        seen.push(['fetch', storage.getStore()]);
        return fetch(request);
      },
    });
    const callers = ['a', 'b'].map((name) =>
      storage.run(name, async () => {
        await client.agentSpans.create(span(0));
        return storage.getStore();
      }),
    );
    equal(await Promise.all(callers), ['a', 'b'], 'the contexts of the callers');
    equal(seen, [['fetch', undefined]], 'the context of the request');
  },
};
