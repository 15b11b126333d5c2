// The suite in a Worker, all of it within one request; and clients that several requests share.
/* global ORIGIN, SETUP, RAISES */
import { AutobatchClient } from 'prefactor-autobatch';
import { span } from './context.mjs';
import { runSuite } from './suite.mjs';

let token = 'a-token-of-nobody';

function clientOf(options) {
  return new AutobatchClient({
    apiUrl: ORIGIN,
    apiToken: () => token,
    logger: false,
    attemptTimeoutMs: 1_000,
    retry: { minDelayMs: 20, maxDelayMs: 200 },
    ...options,
  });
}

// Made where nothing may be drawn at random, and nothing be begun.
const shared = clientOf();

async function call(client, name) {
  try {
    const { payload } = await client.agentSpans.create(span(0, { payload: { name } }));
    return payload.name === name ? 'ok' : `the result of ${payload.name}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

// Up to dates of March 2026 the runtime raises these for whoever reads a stream that breaks, be it by a bare
// `await reader.read()` within a `try`.
const raises = {
  'a lost answer cut in the body: the same bytes again': 'Error: Network connection lost.',
  'a lost answer that hangs: the same bytes again': 'Error: Stream was cancelled.',
  'close rejects at its time-out what is left': 'Error: Stream was cancelled.',
  'an attempt over a fetch option is given up in time': 'Error: Stream was cancelled.',
};

const routes = {
  suite: async () => {
    await runSuite({ origin: ORIGIN, setup: SETUP, raises: RAISES ? raises : {} });
    return 'over';
  },
  shared: ({ name }) => call(shared, name),
  'shared-forgotten': ({ name }) => {
    void call(shared, name);
    return 'forgotten';
  },
  stats: () => JSON.stringify(shared.stats().ledger),
  own: ({ name }) => call(clientOf(), name),
  'own-forgotten': ({ name }, context) => {
    void call(clientOf({ waitUntil: (promise) => context.waitUntil(promise) }), name);
    return 'forgotten';
  },
  'bare-wait-until': async ({ name }, context) => {
    const told = [];
    const warn = (message) => void told.push(message);
    const logger = { debug: warn, info: warn, warn, error: warn };
    const outcome = await call(clientOf({ logger, waitUntil: context.waitUntil }), name);
    return [outcome, ...told].join('\n');
  },
};

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    const query = Object.fromEntries(url.searchParams);
    token = query.token ?? token;
    const path = url.pathname.slice(1);
    if (path.startsWith('object-'))
      return env.OBJECT.get(env.OBJECT.idFromName('one')).fetch(request);
    return new Response(await routes[path](query, context));
  },
};

/** One client in a Durable Object, whose requests are of one kind. */
export class SharedClient {
  #client = clientOf();

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    token = searchParams.get('token') ?? token;
    const outcome = call(this.#client, searchParams.get('name'));
    return new Response(pathname === '/object-forgotten' ? 'forgotten' : await outcome);
  }
}
