/** The built site on this machine, under the path that it was made for. */
import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface Served extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
}

/** `folder`: of the built site. `base`: where it stands, as in `/prefactor-autobatch/`. */
export async function serve(folder: string, base: string, port = 0): Promise<Served> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const inside = pathname.startsWith(base) ? pathname.slice(base.length) : undefined;
    const path = inside === undefined ? undefined : fileAt(folder, decodeURIComponent(inside));
    const sent = path === undefined ? notFound(response, folder) : send(response, path, 200);
    sent.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}${base}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fileAt(folder: string, inside: string): string | undefined {
  const path = join(folder, normalize(`/${inside}`));
  const tries = [path, `${path}.html`, join(path, 'index.html')];
  return tries.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
}

function notFound(response: ServerResponse, folder: string): Promise<void> {
  return send(response, join(folder, '404.html'), 404);
}

async function send(response: ServerResponse, path: string, status: number): Promise<void> {
  response.writeHead(status, {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
  });
  await pipeline(createReadStream(path), response);
}
