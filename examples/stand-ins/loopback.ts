import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server says: a status, and what its body holds. */
export interface Said {
  readonly status: number;
  readonly body: unknown;
}

/** Answers what is posted to a free port of this machine. It does not keep the process alive. */
export async function listen(answer: (text: string) => Said): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(Buffer.concat(chunks).toString());
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
