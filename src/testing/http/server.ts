/// <reference lib="esnext.disposable" preserve="true" />
// `emulator.listen`: the emulator on a socket. The only file here that uses Node. It imports types alone, so that it
// can be bundled for any platform.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { Reporter } from '../report/report.ts';
import { BoundedBody, endlessBody } from './bodies.ts';
import type { EmulatedRequest, EmulatedResponse } from './request-response.ts';

const HOST = '127.0.0.1';

/** What the server needs of the emulator. */
interface Backend {
  handle(request: EmulatedRequest): Promise<EmulatedResponse>;
  readonly reporter: Reporter;
  /** How much of a body is read. */
  readonly bodyBound: number;
}

/** A running server, see `Emulator.listen`. */
export interface EmulatorServer {
  /** Origin without a trailing slash, such as `http://127.0.0.1:49152`: the client's `apiUrl`. */
  readonly url: string;
  readonly port: number;
  /** Ends all connections, also those with a request in flight, and stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

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

/** Ends all connections, and waits until the work on each request has ended, too. */
async function stop(server: Server, open: ReadonlySet<Promise<unknown>>): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await stopped;
  await Promise.all(open);
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  backend: Backend,
): Promise<void> {
  // A client that hangs up counts as an abort.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const answer = await backend.handle({
      body: await readBody(message, backend.bodyBound),
      method: message.method ?? 'GET',
      url: urlOf(message.url ?? '/'),
      header: (name) => {
        const value = message.headers[name];
        return typeof value === 'string' ? value : (value?.join(', ') ?? null);
      },
      signal: gone.signal,
    });
    send(response, answer, gone.signal, backend.reporter);
  } catch (error) {
    // If the client is still there, a function of the test's own threw: one of the options, say.
    if (gone.signal.aborted) return;
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`The emulator failed: ${String(error)}`);
  }
}

/** The target is a path (`//` would be no path to URL) or a whole address, as a proxy gets it. */
function urlOf(target: string): URL {
  const origin = `http://${HOST}`;
  return new URL(target.startsWith('/') ? origin + target : target, origin);
}

/** Rejects if the client leaves before the end. Bytes after the bound are read, but not kept. */
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
    // Some runtimes report no error when the client leaves.
    message.on('close', () => reject(new Error('The client went before the end of its request.')));
  });
}

function send(
  response: ServerResponse,
  answer: EmulatedResponse,
  gone: AbortSignal,
  reporter: Reporter,
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
      const body = endlessBody(answer.chunk, gone, reporter) as NodeStream<Uint8Array>;
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
