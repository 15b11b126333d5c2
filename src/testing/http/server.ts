/// <reference lib="esnext.disposable" preserve="true" />
// The emulator on a socket. The only file here that knows Node, by its types alone: so a bundle for any
// platform may hold it, and a bundler has nothing to find.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { BoundedBody } from './bounded-body.ts';
import { endlessBody } from './fetch.ts';
import type { Backend, BodyWatch, HttpResponse } from './messages.ts';

const HOST = '127.0.0.1';

/** A running server, see `Emulator.listen`. */
export interface EmulatorServer {
  /** Origin without a trailing slash, such as `http://127.0.0.1:49152`: the client's `apiUrl`. */
  readonly url: string;
  readonly port: number;
  /** Ends all connections, also those with a request in flight, and stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Listens on the loopback interface, and nowhere else. */
export async function listen(backend: Backend, port: number): Promise<EmulatorServer> {
  const http = globalThis.process?.getBuiltinModule?.('node:http');
  if (http === undefined) {
    throw new Error('listen() needs node:http, which this runtime lacks: use emulator.fetch.');
  }
  const open = new Set<Promise<unknown>>();
  const server = http.createServer((message, response) => {
    const served = serve(message, response, backend);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const all = Promise.all([served, closed]).finally(() => open.delete(all));
    open.add(all);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= stop(server, open);
    return closed;
  };
  return {
    url: `http://${HOST}:${actualPort}`,
    port: actualPort,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Ends all connections, and waits until each request has noticed: then nothing is left running. */
async function stop(server: Server, open: ReadonlySet<Promise<unknown>>): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await stopped;
  await Promise.all(open);
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  { handle, watch, bodyBound }: Backend,
): Promise<void> {
  // A client that hangs up ends the waiting, as an abort does in process.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const body = await readBody(message, bodyBound);
    const answer = await handle({
      method: message.method ?? 'GET',
      url: urlOf(message.url ?? '/'),
      header: (name) => {
        const value = message.headers[name];
        return typeof value === 'string' ? value : (value?.join(', ') ?? null);
      },
      body,
      signal: gone.signal,
    });
    send(response, answer, gone.signal, watch);
  } catch (error) {
    // Either the client has gone, and nobody is there to be told, or a test's own function threw.
    if (gone.signal.aborted) return;
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`The emulator failed: ${String(error)}`);
  }
}

/** A path as it stands, since `//` is no path to a URL; or a whole address, as a proxy gets it. */
function urlOf(target: string): URL {
  const origin = `http://${HOST}`;
  return new URL(target.startsWith('/') ? origin + target : target, origin);
}

/** Rejects where the client goes before its end. What comes after the bound is read, and not kept. */
function readBody(message: IncomingMessage, bound: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const body = new BoundedBody(bound);
    message.on('data', (chunk: Uint8Array) => {
      if (body.isOver) return;
      body.add(chunk);
      if (body.isOver) resolve(body.bytes());
    });
    message.on('end', () => resolve(body.bytes()));
    message.on('error', reject);
    // Not every runtime has an error for a client that goes.
    message.on('close', () => reject(new Error('The client went before the end of its request.')));
  });
}

function send(
  response: ServerResponse,
  answer: HttpResponse,
  gone: AbortSignal,
  watch: BodyWatch,
): void {
  switch (answer.kind) {
    case 'full':
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
      return;
    case 'drop':
      response.destroy();
      return;
    case 'cut': {
      const body = Buffer.from(answer.body);
      response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
      response.write(body.subarray(0, body.length >>> 1), () => response.destroy());
      return;
    }
    case 'endless': {
      response.writeHead(answer.status, answer.headers);
      const body = endlessBody(answer.chunk, gone, watch) as NodeStream<Uint8Array>;
      const { Readable } = globalThis.process.getBuiltinModule('node:stream');
      Readable.fromWeb(body)
        .once('error', () => response.destroy())
        .pipe(response);
      return;
    }
    default:
      answer satisfies never;
  }
}
