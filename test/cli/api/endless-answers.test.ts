// An answer that drips, or never ends, ends with the time and the bytes that one may have.
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { exchange } from '../../../src/cli/api/api-requests.ts';
import { runCli, TOKEN } from '../run-cli.ts';

const MiB = 1024 * 1024;

/** A server that answers so, and whether its connection is still open. */
async function serve(answer: (response: ServerResponse) => void) {
  const state = { isOpen: false, sent: 0, url: '' };
  const server = createServer((_message, response) => {
    state.isOpen = true;
    response.on('close', () => {
      state.isOpen = false;
    });
    response.on('error', () => {});
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(MiB, 0x20);
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', pour);
  pour();
}

test.each<[string, (response: ServerResponse) => void, string]>([
  ['that never comes', () => {}, 'no answer in 0.2 s'],
  [
    'of which only the head comes',
    (response) => response.flushHeaders(),
    'no end of its answer in 0.2 s',
  ],
  ['that drips', drip, 'no end of its answer in 0.2 s'],
])('an answer %s ends with the time', async (_what, answer, reason) => {
  const server = await serve(answer);
  const account = { apiUrl: server.url, apiToken: TOKEN };
  expect(await exchange(account, '/api/v1/ping', undefined, 200)).toEqual({
    kind: 'silence',
    reason,
  });
  await expect.poll(() => server.isOpen).toBe(false);
});

const bomb = gzipSync(Buffer.alloc(33 * MiB, 0x20));

test.each<[string, (response: ServerResponse) => void]>([
  ['without an end', flood],
  [
    'that is small until it is unpacked',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  ],
])('an answer %s ends with what one may have of it', async (_what, answer) => {
  const server = await serve(answer);
  const account = { apiUrl: server.url, apiToken: TOKEN };
  expect(await exchange(account, '/api/v1/ping')).toEqual({
    kind: 'silence',
    reason: 'an answer of more than 33.6 MB',
  });
  await expect.poll(() => server.isOpen).toBe(false);
});

test.each([['doctor'], ['send', '-']])('%s says so, and sends nothing', async (...args) => {
  const server = await serve(flood);
  const env = { PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: TOKEN };
  const { code, stderr } = await runCli(args, { env });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `There is no usable answer at ${server.url} (an answer of more than 33.6 MB).`,
  );
});

test('an answer of as much as the client reads is read', async () => {
  const server = await serve((response) => response.end(JSON.stringify('x'.repeat(31 * MiB))));
  const account = { apiUrl: server.url, apiToken: TOKEN };
  const answer = await exchange(account, '/api/v1/ping');
  expect(answer).toMatchObject({ kind: 'answer', status: 200 });
});
