// The servers that the runtime suite talks to, all behind one port of this process: pages of one origin need
// no CORS. A check asks for a backend and gets a token of its own; requests with that token are answered
// by that backend.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Backend, BackendOptions, NewEmulator } from './backends.ts';
import { newBackend } from './backends.ts';

/** What a check reports of itself. */
export interface CheckReport {
  readonly title: string;
  readonly state: 'begun' | 'passed' | 'failed' | 'skipped' | 'end';
  readonly error?: string;
}

interface File {
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class SuiteServer {
  origin = '';
  /** By set-up: called with the reports of its checks. */
  readonly listeners = new Map<string, (report: CheckReport) => void>();
  /** By path: the files that GET serves. */
  readonly files = new Map<string, File>();
  readonly #backends = new Map<string, Backend>();
  readonly #newEmulator: NewEmulator;
  #made = 0;
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      // Some checks let the client go away in the middle of a request.
      if (request.destroyed || response.destroyed) return;
      console.error('the server of the suite failed:', error);
      response.destroy();
    });
  });

  /** `newEmulator` makes an emulator of the packed package. */
  constructor(newEmulator: NewEmulator) {
    this.#newEmulator = newEmulator;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://suite');
    const [, area, name = ''] = pathname.split('/');
    const file = this.files.get(pathname);
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file.type, ...file.headers });
      response.end(file.text);
    } else if (area === 'api') {
      await this.#respond(request, await textOf(request), response);
    } else if (area === 'backends') {
      json(response, 200, this.#manage(name, request.method, await textOf(request)));
    } else if (area === 'reports') {
      const report = JSON.parse(await textOf(request)) as CheckReport;
      this.listeners.get(decodeURIComponent(name))?.(report);
      json(response, 200, {});
    } else json(response, 404, { no: pathname });
  }

  /** A request of a client: its token says which backend answers. */
  async #respond(request: IncomingMessage, text: string, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const backend = this.#backends.get(token);
    if (backend !== undefined) await backend.respond(request, text, response);
    else json(response, 401, { status: 'error', code: 'bad_authtoken' });
  }

  /** A request of a check itself: to make a backend, to end it, or to get its report. */
  #manage(token: string, method: string | undefined, text: string): object | null {
    if (token === '') {
      const made = `backend-${++this.#made}`;
      this.#backends.set(made, newBackend(JSON.parse(text) as BackendOptions, this.#newEmulator));
      return { token: made };
    }
    if (method !== 'DELETE') return this.#backends.get(token)?.report(text) ?? null;
    this.#backends.delete(token);
    return {};
  }
}

/** Throws for bytes that are not UTF-8, since they cannot be JSON. */
async function textOf(request: IncomingMessage): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true }).decode(await buffer(request));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
