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
  const scenes = new Map<string, Scene>();
  const listeners = new Map<string, (told: Told) => void>();
  const files = new Map<string, File>();
  let made = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://stage');
    const [, area, name = ''] = pathname.split('/');
    if (area === 'api') {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const scene = scenes.get(token);
      if (scene === undefined)
        return json(response, 401, { status: 'error', code: 'bad_authtoken' });
      return scene.play(request, await bodyOf(request), response);
    }
    if (area === 'scenes' && name === '') {
      const token = `scene-${++made}`;
      scenes.set(token, newScene(JSON.parse(textOf(await bodyOf(request))) as Order, newEmulator));
      return json(response, 200, { token });
    }
    if (area === 'scenes' && request.method === 'DELETE') {
      scenes.delete(name);
      return json(response, 200, {});
    }
    if (area === 'scenes') {
      const asked = textOf(await bodyOf(request));
      return json(response, 200, scenes.get(name)?.report(asked) ?? null);
    }
    if (area === 'told') {
      listeners.get(decodeURIComponent(name))?.(JSON.parse(textOf(await bodyOf(request))) as Told);
      return json(response, 200, {});
    }
    const file = files.get(pathname);
    if (file === undefined) return json(response, 404, { no: pathname });
    response.writeHead(200, { 'content-type': file.type, ...file.headers });
    response.end(file.text);
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
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
    listenTo: (setup, listener) => void listeners.set(setup, listener),
    serve: (path, file) => void files.set(path, file),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
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
