// docs/decisions/sender-on-node.md: which way a request takes, asked anew for each.
import { expect, onTestFinished, test, vi } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import type { Dispatcher } from '../helpers/global-dispatcher.ts';
import { globalDispatcher, setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { serve } from './servers.ts';
import { batchOf, patient, transportOf } from './transport.ts';

const answer = '{"outputs":{}}';

/** Until the end of the test: the older place stays as it is. */
function setNewest(dispatcher: Dispatcher): void {
  const place = Symbol.for('undici.globalDispatcher.2');
  const before: unknown = Reflect.get(globalThis, place);
  Reflect.set(globalThis, place, dispatcher);
  onTestFinished(() => void Reflect.set(globalThis, place, before));
}

/** A server, and a fetch and a dispatcher that tell what they were asked to send there. */
async function surroundings() {
  const seen: string[] = [];
  const { apiUrl } = await serve((_, response) => response.end(answer));
  const dispatcher = globalDispatcher();
  const spying: Dispatcher = {
    dispatch(options, handler) {
      seen.push(`dispatcher: ${options['method']} ${options['origin']}${options['path']}`);
      return dispatcher.dispatch(options, handler);
    },
  };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { method, url } = new Request(input, init);
    seen.push(`fetch: ${method} ${url}`);
    return new Response(answer);
  };
  const send = (transport = transportOf({ apiUrl })) => transport.send(batchOf('{}'), patient());
  onTestFinished(() => void vi.unstubAllGlobals());
  return { apiUrl, seen, spying, fetch, send };
}

const answered = {
  kind: 'answered',
  status: 200,
  outputs: {},
  requestId: expect.any(Function),
};

test('a dispatcher that is set globally sees each request, whenever it was set', async () => {
  const { apiUrl, seen, spying, send } = await surroundings();
  const transport = transportOf({ apiUrl });
  expect(await send(transport)).toEqual(answered);
  setGlobalDispatcher(spying);
  expect(await send(transport)).toEqual(answered);
  expect(await transport.ping(patient())).toBe(true);
  expect(await send()).toEqual(answered);
  expect(seen).toEqual([
    `dispatcher: POST ${apiUrl}/api/v1/bulk`,
    `dispatcher: GET ${apiUrl}/api/v1/ping`,
    `dispatcher: POST ${apiUrl}/api/v1/bulk`,
  ]);
});

test("where nothing is replaced, requests go Node's own way, past fetch", async () => {
  const agents: (string | undefined)[] = [];
  const { apiUrl } = await serve((request, response) => {
    agents.push(request.headers['user-agent']);
    response.end(answer);
  });
  const transport = transportOf({ apiUrl });
  expect(await transport.send(batchOf('{}'), patient())).toEqual(answered);
  expect(await transport.ping(patient())).toBe(true);
  // fetch says "node".
  expect(agents).toEqual(Array(2).fill(`prefactor-autobatch/${VERSION}`));
});

test('a dispatcher in the newest place of undici is used, whatever stood for the one before it', async () => {
  const { apiUrl, seen, spying, send } = await surroundings();
  const transport = transportOf({ apiUrl });
  expect(await send(transport)).toEqual(answered);
  setNewest(spying);
  expect(await send(transport)).toEqual(answered);
  expect(seen).toEqual([`dispatcher: POST ${apiUrl}/api/v1/bulk`]);
});

test('a wrapper in the older place stands for what it wraps', async () => {
  const { apiUrl, seen, spying, send } = await surroundings();
  class Dispatcher1Wrapper implements Dispatcher {
    dispatch(): boolean {
      throw new Error('This one speaks HTTP/1.1 only.');
    }
  }
  setGlobalDispatcher(new Dispatcher1Wrapper());
  setNewest(spying);
  expect(await send()).toEqual(answered);
  expect(seen).toEqual([`dispatcher: POST ${apiUrl}/api/v1/bulk`]);
});

test('where the newest place has none, the older one is asked', async () => {
  const { apiUrl, seen, spying, send } = await surroundings();
  setGlobalDispatcher(spying);
  setNewest({} as Dispatcher);
  expect(await send()).toEqual(answered);
  expect(seen).toEqual([`dispatcher: POST ${apiUrl}/api/v1/bulk`]);
});

test('a global fetch that is replaced sees each request, and none before or after', async () => {
  const { apiUrl, seen, fetch, send } = await surroundings();
  const before = transportOf({ apiUrl });
  expect(await send(before)).toEqual(answered);
  vi.stubGlobal('fetch', fetch);
  expect(await send(before)).toEqual(answered);
  expect(await send()).toEqual(answered);
  expect(await before.ping(patient())).toBe(true);
  vi.unstubAllGlobals();
  expect(await send(before)).toEqual(answered);
  expect(seen).toEqual([
    `fetch: POST ${apiUrl}/api/v1/bulk`,
    `fetch: POST ${apiUrl}/api/v1/bulk`,
    `fetch: GET ${apiUrl}/api/v1/ping`,
  ]);
});

test.each<[string, (real: typeof fetch) => typeof fetch]>([
  [
    'wrapped',
    (real) =>
      (...given) =>
        real(...given),
  ],
  ['bound', (real) => real.bind(globalThis)],
  ['spied on', (real) => vi.fn(real)],
])('a global fetch that is only %s is used as well', async (_, replaced) => {
  const agents: (string | undefined)[] = [];
  const { apiUrl } = await serve((request, response) => {
    agents.push(request.headers['user-agent']);
    response.end(answer);
  });
  const { send } = await surroundings();
  vi.stubGlobal('fetch', replaced(globalThis.fetch));
  expect(await send(transportOf({ apiUrl }))).toEqual(answered);
  expect(agents).toEqual(['node']);
});

test('with both replaced, fetch is used: it stands nearer to the user', async () => {
  const { apiUrl, seen, spying, fetch, send } = await surroundings();
  setGlobalDispatcher(spying);
  vi.stubGlobal('fetch', fetch);
  expect(await send()).toEqual(answered);
  expect(seen).toEqual([`fetch: POST ${apiUrl}/api/v1/bulk`]);
});

test('the fetch option wins over both', async () => {
  const { apiUrl, seen, spying, fetch, send } = await surroundings();
  const own = async (request: Request): Promise<Response> => {
    seen.push(`own: ${request.method} ${request.url}`);
    return new Response(answer);
  };
  const transport = transportOf({ apiUrl, fetch: own });
  expect(await send(transport)).toEqual(answered);
  setGlobalDispatcher(spying);
  vi.stubGlobal('fetch', fetch);
  expect(await send(transport)).toEqual(answered);
  expect(seen).toEqual(Array(2).fill(`own: POST ${apiUrl}/api/v1/bulk`));
});

test.each([undefined, null, {}, 'none'])(
  'where the global dispatcher is %j, fetch is used',
  async (nothing) => {
    const { apiUrl, seen, fetch, send } = await surroundings();
    // To all appearances Node's own, which could not do without a dispatcher.
    const own = (...call: Parameters<typeof fetch>): Promise<Response> => {
      seen.push('internal/deps/undici/undici');
      return fetch(...call);
    };
    setGlobalDispatcher(nothing as never);
    vi.stubGlobal('fetch', own);
    expect(await send()).toEqual(answered);
    expect(seen).toEqual(['internal/deps/undici/undici', `fetch: POST ${apiUrl}/api/v1/bulk`]);
  },
);

test('where a dispatcher throws, nothing was sent', async () => {
  const { send } = await surroundings();
  const cause = new Error('no mock matches');
  setGlobalDispatcher({
    dispatch() {
      throw cause;
    },
  });
  expect(await send()).toMatchObject({ kind: 'unsent', failure: { kind: 'connection', cause } });
});

test.each<[string, (handler: object) => object]>([
  ['copies', (handler) => ({ ...handler })],
  ['inherits from', (handler) => Object.create(handler)],
  ['stands before', (handler) => new Proxy(handler, {})],
])('a dispatcher may hand on what %s the handler', async (_, made) => {
  const { send } = await surroundings();
  const dispatcher = globalDispatcher();
  setGlobalDispatcher({
    dispatch: (options, handler) => dispatcher.dispatch(options, made(handler)),
  });
  expect(await send()).toEqual(answered);
});
