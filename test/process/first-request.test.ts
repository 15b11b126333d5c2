// What is certain of a request, also of the first one, which Node's own fetch carries.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runScript } from '../helpers/child.ts';

test('to a port where nobody listens it was never sent', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const ended = await runScript('first-request.ts', [`http://127.0.0.1:${port}`]);
  expect(ended).toMatchObject({ code: 0, stdout: 'RETRY_EXHAUSTED 0 false\n' });
}, 30_000);

test('to a server that has it and never answers it may have been done', async () => {
  let requests = 0;
  const server = createServer((request) => {
    requests++;
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ended = await runScript('first-request.ts', [`http://127.0.0.1:${port}`]);
  expect(ended).toMatchObject({ code: 0, stdout: 'RETRY_EXHAUSTED 1 true\n' });
  expect(requests).toBe(1);
}, 30_000);
