// A backend answers the clients of one check: with an emulator, or with scripted responses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Emulator, EmulatorOptions } from '../../src/testing/index.ts';
import type { ScriptedResponse } from './responses.ts';
import { itemsOf, respond } from './responses.ts';

export type NewEmulator = (options: EmulatorOptions) => Emulator;

/** A check asks for an emulator, or for these responses, the last of which is repeated. */
export interface BackendOptions {
  readonly emulator?: EmulatorOptions;
  readonly responses?: readonly ScriptedResponse[];
  /** Whether the bodies of requests are kept; a check with very many calls does without. @default true */
  readonly keeps?: boolean;
}

export interface Backend {
  respond(request: IncomingMessage, text: string, response: ServerResponse): Promise<void>;
  /** The requests that it saw; `asked` has the emulator do something first. */
  report(asked: string): object;
}

const sockets = new WeakMap<Socket, number>();
let socketCount = 0;

/** Makes a backend that records its requests. */
export function newBackend(options: BackendOptions, newEmulator: NewEmulator): Backend {
  const { emulator, responses = [], keeps = true } = options;
  const backend =
    emulator === undefined
      ? scripted(responses)
      : emulated(newEmulator({ ...emulator, token: () => true }));
  const since = performance.now();
  const requests: object[] = [];
  let inFlight = 0;
  let peak = 0;
  return {
    async respond(request, text, response) {
      const { socket, method, url: path, headers } = request;
      if (!sockets.has(socket)) sockets.set(socket, ++socketCount);
      requests.push({
        method,
        path,
        headers,
        body: keeps ? text : '',
        keys: itemsOf(text).map(({ idempotency_key }) => idempotency_key),
        bytes: Buffer.byteLength(text),
        socket: sockets.get(socket),
        /** Milliseconds since the backend was made. */
        at: performance.now() - since,
      });
      peak = Math.max(peak, ++inFlight);
      response.once('close', () => inFlight--);
      await backend.respond(request, text, response);
    },
    report: (asked) => ({ requests, peak, ...backend.report(asked) }),
  };
}

function scripted(responses: readonly ScriptedResponse[]): Backend {
  let next = 0;
  return {
    async respond(request, text, response) {
      if (request.url?.endsWith('/ping')) return respond('ok', '', response);
      await respond(responses[Math.min(next++, responses.length - 1)] ?? 'ok', text, response);
    },
    report: () => ({}),
  };
}

/** What a check may have the emulator do: `['faults.refuse', 'a-key']`. */
type Asked = readonly [
  'faults.next' | 'faults.refuse' | 'faults.poison' | 'faults.clear' | 'terminate',
  ...unknown[],
];

function emulated(emulator: Emulator): Backend {
  return {
    async respond(request, text, response) {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const { host: _host, connection: _connection, ...headers } = request.headers;
      try {
        const answer = await emulator.fetch(`http://suite${request.url}`, {
          method: request.method ?? 'GET',
          headers: headers as Record<string, string>,
          ...(text !== '' && { body: text }),
          redirect: 'manual',
          signal: gone.signal,
        });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        for await (const chunk of answer.body ?? []) response.write(chunk);
        response.end();
      } catch {
        // A fault of the emulator breaks the connection.
        request.socket.destroy();
      }
    },
    report(asked) {
      if (asked !== '') {
        const [name, ...args] = JSON.parse(asked) as Asked;
        const owner: object = name === 'terminate' ? emulator : emulator.faults;
        const method: unknown = Reflect.get(owner, name.replace('faults.', ''));
        if (typeof method === 'function') Reflect.apply(method, owner, args);
      }
      const { breaches, effects, replays, ran } = emulator.report();
      const doubled = [...effects].filter(([, times]) => times > 1).map(([key]) => key);
      return { breaches, doubled, replays, ran, instances: emulator.snapshot().instances };
    },
  };
}
