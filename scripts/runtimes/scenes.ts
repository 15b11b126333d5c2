// What a server of the runtime suite does: an emulator behind a socket, or a script, act by act.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Emulator, EmulatorOptions } from '../../src/testing/index.ts';
import type { Act } from './acts.ts';
import { perform } from './acts.ts';

export type NewEmulator = (options: EmulatorOptions) => Emulator;

/** What a check asks for: an emulator, or acts, the last of which is repeated. */
export interface Order {
  readonly emulator?: EmulatorOptions;
  readonly acts?: readonly Act[];
  /** Bodies are not kept: for many calls. @default true */
  readonly keeps?: boolean;
}

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly socket: number;
  /** Milliseconds since the scene was made. */
  readonly at: number;
}

export interface Scene {
  play(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;
  /** What it saw; `asked` may have the emulator do something first. */
  report(asked: string): unknown;
}

export function newScene(order: Order, newEmulator: NewEmulator): Scene {
  const { emulator, acts = [], keeps = true } = order;
  const player =
    emulator === undefined
      ? scripted(acts)
      : emulated(newEmulator({ ...emulator, token: () => true }));
  return new SeenScene({ player, keeps });
}

/** Plays a request of which the text is known. */
interface Player {
  play(request: IncomingMessage, text: string, response: ServerResponse): Promise<void>;
  report(asked: string): object;
}

const sockets = new WeakMap<Socket, number>();
let socketCount = 0;

class SeenScene implements Scene {
  readonly #player: Player;
  readonly #keeps: boolean;
  readonly #seen: Seen[] = [];
  readonly #since = performance.now();
  #inFlight = 0;
  #peak = 0;

  constructor({ player, keeps }: { readonly player: Player; readonly keeps: boolean }) {
    this.#player = player;
    this.#keeps = keeps;
  }

  async play(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    // What is no UTF-8 is no JSON.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const { socket } = request;
    if (!sockets.has(socket)) sockets.set(socket, ++socketCount);
    this.#seen.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: this.#keeps ? text : '',
      keys: keysOf(text),
      bytes: body.length,
      socket: sockets.get(socket) ?? 0,
      at: performance.now() - this.#since,
    });
    this.#peak = Math.max(this.#peak, ++this.#inFlight);
    response.once('close', () => this.#inFlight--);
    await this.#player.play(request, text, response);
  }

  report(asked: string): object {
    return { requests: this.#seen, peak: this.#peak, ...this.#player.report(asked) };
  }
}

function keysOf(text: string): string[] {
  if (text === '') return [];
  const { items = [] } = JSON.parse(text) as { items?: { idempotency_key: string }[] };
  return items.map(({ idempotency_key }) => idempotency_key);
}

function scripted(acts: readonly Act[]): Player {
  let next = 0;
  return {
    async play(request, text, response) {
      if (request.url?.endsWith('/ping')) return perform('ok', '', response);
      const act = acts[Math.min(next++, acts.length - 1)] ?? 'ok';
      await perform(act, text, response);
    },
    report: () => ({}),
  };
}

/** What a check may have the emulator do: `['faults.refuse', 'a-key']`. */
type Asked = readonly [
  'faults.next' | 'faults.refuse' | 'faults.poison' | 'faults.clear' | 'terminate',
  ...unknown[],
];

function emulated(emulator: Emulator): Player {
  return {
    async play(request, text, response) {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const { host: _host, connection: _connection, ...headers } = request.headers;
      try {
        const answer = await emulator.fetch(`http://stage${request.url}`, {
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
        // The fault says that the connection breaks.
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
