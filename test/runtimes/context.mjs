// What a check works with: servers that behave as it says, clients of theirs, and assertions.
import { AutobatchClient } from 'prefactor-autobatch';

/** A run that nobody has made; scripted servers do not ask. */
export const RUN = '01k3zxw0000000a1b2c3000000000001';

/** The set-up lacks what the check is about. */
export class Skipped extends Error {}

/** An error of the check itself: what it expected is not so. */
class Failed extends Error {
  name = 'Failed';
}

export class Context {
  origin;
  #clients = [];
  #backends = [];

  constructor(origin) {
    this.origin = origin;
  }

  /** A backend that gives these responses, request by request, the last of them from then on. */
  scripted(responses = [], order = {}) {
    return this.#backend({ responses, ...order });
  }

  /** A backend that is the emulator. */
  emulated(options = {}) {
    return this.#backend({ emulator: options });
  }

  /** A client of that server. */
  client(backend, options = {}) {
    const { retry, ...others } = options;
    const client = new AutobatchClient({
      apiUrl: this.origin,
      apiToken: backend?.token ?? 'no-token-of-anybody',
      logger: false,
      retry: { minDelayMs: 20, maxDelayMs: 200, ...retry },
      ...others,
    });
    this.#clients.push(client);
    return client;
  }

  /** Spans that have ended, one for each number below `count`. */
  spans(client, count, fields = () => ({})) {
    return Array.from({ length: count }, (_, index) =>
      client.agentSpans.create(span(index, fields(index))),
    );
  }

  /** Closes what the check has opened. */
  async end() {
    for (const client of this.#clients.splice(0)) {
      const { accepted, ...columns } = await client.close({ timeoutMs: 1_000 });
      const { declined: _declined, ...counted } = columns;
      const sum = Object.values(counted).reduce((total, count) => total + count, 0);
      equal(sum, accepted, 'the sum of the books');
    }
    for (const backend of this.#backends.splice(0)) await backend.end();
  }

  async #backend(order) {
    const { token } = await ask(`${this.origin}/backends`, order);
    const url = `${this.origin}/backends/${token}`;
    const backend = {
      token,
      /** All that it saw; `asked` is done by the emulator first. */
      report: (...asked) => ask(url, asked.length > 0 ? asked : undefined),
      /** Bulk requests, as it saw them. */
      requests: async () => (await ask(url)).requests.filter(({ path }) => path.endsWith('/bulk')),
      end: async () => void (await (await fetch(url, { method: 'DELETE' })).text()),
    };
    this.#backends.push(backend);
    return backend;
  }
}

async function ask(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

/** A span that has ended. */
export function span(index, fields = {}) {
  return {
    agentInstanceId: RUN,
    schemaName: 'agent:tool',
    status: 'complete',
    payload: { index },
    ...fields,
  };
}

export function equal(actual, expected, what = 'it') {
  const [left, right] = [shown(actual), shown(expected)];
  if (left !== right) throw new Failed(`${what} is ${left}, and should be ${right}`);
}

export function ok(condition, what) {
  if (!condition) throw new Failed(what);
}

/** What it rejects with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Failed('it resolves, and should reject');
}

/** `ok`, or the name of the error, of each. */
export async function outcomes(calls) {
  const settled = await Promise.allSettled(calls);
  return settled.map(({ status, reason }) => (status === 'fulfilled' ? 'ok' : reason.name));
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until it is so, for as long as the check may take. */
export async function until(isSo) {
  while (!(await isSo())) await sleep(5);
}

function shown(value) {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner === undefined
        ? '(undefined)'
        : inner,
  );
}
