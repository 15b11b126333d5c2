// Servers on 127.0.0.1, each for one test and closed at its end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

interface Served {
  readonly port: number;
  readonly apiUrl: string;
  /** All connections that were ever made to it. */
  readonly connections: readonly Socket[];
  /** Ends all of them, and listens no more. Runs by itself at the end of the test. */
  close(): Promise<void>;
}

const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));

export function serve(handle: Handle): Promise<Served> {
  return listen(createServer(handle));
}

/** The same, and each request is handled when it has come whole. */
export function serveWhole(handle: (body: string, ...given: Parameters<Handle>) => void) {
  return serve((request, response) => {
    void text(request).then((body) => handle(body, request, response));
  });
}

/** Any other kind of server. */
export async function listen(server: Server): Promise<Served> {
  const connections: Socket[] = [];
  server.on('connection', (socket) => {
    connections.push(socket);
    socket.on('error', () => undefined); // a client that hangs up may do so rudely
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of connections) socket.destroy();
    await closed;
  };
  onTestFinished(async () => {
    await close();
    // A turn of the event loop, after which Node would have reported it.
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
  const { port } = address;
  return { port, apiUrl: `http://127.0.0.1:${port}`, connections, close };
}
