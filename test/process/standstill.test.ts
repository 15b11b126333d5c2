// A process that stands still for longer than its limits, against a server that goes on: real stops,
// real sockets. What counts is what was sent and how it ended, not when.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import type { Child } from '../helpers/child.ts';
import { startScript } from '../helpers/child.ts';

/** By far longer than the limit of the script. */
const STOP_MS = 2_500;

interface Bulk {
  readonly items: readonly { readonly idempotency_key: string; readonly agent_id: string }[];
}

/** A server that answers each bulk request with success, the one in flight when `mayAnswer` resolves. */
async function serve(mayAnswer: Promise<void>) {
  const requests: string[][] = [];
  const arrived = deferred<void>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/arrived') {
      await arrived.promise;
      response.end();
      return;
    }
    const { items } = JSON.parse(await text(request)) as Bulk;
    const names = items.map((item) => item.agent_id);
    requests.push(names);
    if (names.includes('in flight')) {
      arrived.resolve();
      await mayAnswer;
    }
    const output = { status: 'success', details: { id: 'an-agent' } };
    const outputs = Object.fromEntries(items.map((item) => [item.idempotency_key, output]));
    response.end(JSON.stringify({ status: 'success', outputs }));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { requests, url: `http://127.0.0.1:${port}` };
}

/** Stops the process, lets the server answer, and lets it go on when its limit is over. */
async function stop(child: Child, answer: () => void): Promise<void> {
  child.kill('SIGSTOP');
  answer();
  await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  child.kill('SIGCONT');
}

test.each([
  ['attemptTimeoutMs', 'stopped'],
  ['attemptTimeoutMs', 'blocked'],
  ['deliveryTimeoutMs', 'stopped'],
  ['deliveryTimeoutMs', 'blocked'],
])(
  'with %s over, a process that was %s takes the answer that came, and sends what was never sent',
  async (limit, how) => {
    const mayAnswer = deferred<void>();
    const { requests, url } = await serve(mayAnswer.promise);
    const child = startScript('standstill.ts', [url, limit, how]);
    await child.says('in flight');
    if (how === 'stopped') await stop(child, mayAnswer.resolve);
    else mayAnswer.resolve();
    const { code, stdout, stderr } = await child.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('in flight\nended ok ok\n{"retried":0,"succeeded":3}\n');
    expect(requests).toEqual([['warm-up'], ['in flight'], ['unsent']]);
  },
  30_000,
);
