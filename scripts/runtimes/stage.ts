// The servers that the runtime suite talks to, all behind one port of this process: pages of one origin need
// no CORS. A check asks for a scene, gets a token of its own, and whatever comes with that token is
// played as the scene says.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewEmulator, Order, Scene } from './scenes.ts';
import { newScene } from './scenes.ts';

/** What a check tells of itself. */
export interface Told {
  readonly title: string;
  readonly state: 'begun' | 'passed' | 'failed' | 'skipped' | 'end';
  readonly error?: string;
}

export interface Stage {
  readonly origin: string;
  /** Called for whatever that set-up tells, and for CSP reports as one that has failed. */
  listenTo(setup: string, listener: (told: Told) => void): void;
  /** Serves `GET path`. */
  serve(path: string, file: File): void;
  close(): void;
}

interface File {
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens the servers on 127.0.0.1. `newEmulator` makes an emulator of the packed package. */
export async function openStage(newEmulator: NewEmulator): Promise<Stage> {
  const rooms = new Rooms(newEmulator);
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    rooms.answer(request, response).catch((error: unknown) => {
      // The client has gone, as some checks want it to.
      if (request.destroyed || response.destroyed) return;
      console.error('the stage failed:', error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    listenTo: (setup, listener) => void rooms.listeners.set(setup, listener),
    serve: (path, file) => void rooms.files.set(path, file),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What stands behind the port, by the first part of the path. */
class Rooms {
  readonly listeners = new Map<string, (told: Told) => void>();
  readonly files = new Map<string, File>();
  readonly #scenes = new Map<string, Scene>();
  readonly #newEmulator: NewEmulator;
  #made = 0;

  constructor(newEmulator: NewEmulator) {
    this.#newEmulator = newEmulator;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://stage');
    const [, area, name = ''] = pathname.split('/');
    switch (area) {
      case 'api':
        return this.#play(request, response);
      case 'scenes':
        return this.#direct(name, request, response);
      case 'told': {
        const told = JSON.parse(textOf(await bodyOf(request))) as Told;
        this.listeners.get(decodeURIComponent(name))?.(told);
        return json(response, 200, {});
      }
      default: {
        const file = this.files.get(pathname);
        if (file === undefined) return json(response, 404, { no: pathname });
        response.writeHead(200, { 'content-type': file.type, ...file.headers });
        response.end(file.text);
      }
    }
  }

  /** A request of the client's: its scene is known by its token. */
  async #play(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const scene = this.#scenes.get(token);
    if (scene === undefined) {
      return json(response, 401, { status: 'error', code: 'bad_authtoken' });
    }
    return scene.play(request, await bodyOf(request), response);
  }

  /** A request of a check's: to make a scene, to end it, or to tell what it saw. */
  async #direct(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (name === '') {
      const token = `scene-${++this.#made}`;
      const order = JSON.parse(textOf(await bodyOf(request))) as Order;
      this.#scenes.set(token, newScene(order, this.#newEmulator));
      return json(response, 200, { token });
    }
    if (request.method === 'DELETE') {
      this.#scenes.delete(name);
      return json(response, 200, {});
    }
    const asked = textOf(await bodyOf(request));
    return json(response, 200, this.#scenes.get(name)?.report(asked) ?? null);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Refuses what is no UTF-8. */
function textOf(body: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(body);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
