// The inspector's own server. It imports types alone, so that the entry loads in every runtime.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { InspectorServer, ListenOptions } from './inspector-server.ts';

interface Parts {
  /** Files by their paths. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** Takes a response as a stream of events; false where there are too many. */
  readonly stream: (response: ServerResponse) => boolean;
}

export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** @throws {Error} the port is taken or not allowed, or the runtime has no `node:http` */
export async function listen(
  parts: Parts,
  port: number,
  { host = '127.0.0.1', keepAlive = false }: ListenOptions,
): Promise<InspectorServer> {
  const http = globalThis.process?.getBuiltinModule?.('node:http');
  if (http === undefined) {
    throw new Error(
      'The inspector needs node:http, which this runtime lacks: use it where the client runs in Node, Bun or Deno.',
    );
  }
  const server = http.createServer((request, response) => answer(request, response, parts, host));
  if (!keepAlive) {
    server.on('connection', (socket) => socket.unref());
    server.unref();
  }
  await listening(server, port, host);
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
  const name = host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${actualPort}`;
  return { url, port: actualPort, close, [Symbol.asyncDispose]: close };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const known: Readonly<Record<string, string>> = {
        EADDRINUSE: `Port ${port} of ${host} is taken. Name another one, or 0 for a free one.`,
        EACCES: `This user may not listen on port ${port}. Name one above 1023, or 0 for a free one.`,
        EADDRNOTAVAIL: `This machine has no address ${host}.`,
        ENOTFOUND: `There is no host ${host}.`,
      };
      const sentence = known[String(error.code)] ?? `It failed with ${error.code}.`;
      reject(new Error(`The inspector cannot listen. ${sentence}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      server.on('error', () => {});
      resolve();
    });
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, stream }: Parts,
  host: string,
): void {
  const isHead = request.method === 'HEAD';
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  const say = (status: number, type: string, text: string): void => {
    response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` });
    response.end(isHead ? undefined : text);
  };
  const file = files.get(path);
  if (!isOwnHost(request.headers.host, host)) {
    say(421, 'text/plain', 'Open the page by the address that the inspector gave.');
  } else if (request.method !== 'GET' && !isHead) {
    say(405, 'text/plain', 'There is nothing to change here.');
  } else if (path === '/events' && !isHead) {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    if (!stream(response)) response.destroy();
  } else if (file !== undefined) {
    say(200, file.type, file.text);
  } else {
    say(404, 'text/plain', 'There is no such page.');
  }
}

/**
 * A page of another site may give its own name an address of this machine (DNS rebinding), and would be let in by the
 * browser; its name gives it away.
 */
function isOwnHost(header: string | undefined, host: string): boolean {
  const name = (header ?? '').replace(/:\d+$/, '').toLowerCase();
  const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/.test(name);
  return isAddress || name === 'localhost' || name === host.toLowerCase();
}
