// How connections are used again, on each way, and what happens when one ends beneath a request.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { UNKNOWN } from '../helpers/spans.ts';
import { serveWhole } from './servers.ts';
import type { SendTo } from './ways.ts';
import { lost, sendingOver, ways } from './ways.ts';

const answer = '{"outputs":{}}';
const answered = {
  kind: 'answered',
  status: 200,
  outputs: {},
  requestId: expect.any(Function),
};

describe.each(ways)('over %s', (way) => {
  let sendTo: SendTo;
  beforeEach(() => {
    sendTo = sendingOver(way);
  });

  test('consecutive requests share one connection', async () => {
    const { apiUrl, connections } = await serveWhole((_, __, response) => response.end(answer));
    for (const _ of Array(5)) {
      expect(await sendTo(apiUrl)).toEqual(answered);
      await turn();
    }
    expect(connections).toHaveLength(1);
  });

  test('those that follow at once share two at most', async () => {
    const { apiUrl, connections } = await serveWhole((_, __, response) => response.end(answer));
    for (const _ of Array(5)) expect(await sendTo(apiUrl)).toEqual(answered);
    expect(connections.length).toBeLessThanOrEqual(2);
  });

  test('an answer without a body, or a refusal, leaves its connection in use', async () => {
    const statuses = [429, 204, 500, 307, 200].values();
    const { apiUrl, connections } = await serveWhole((_, __, response) =>
      response.writeHead(statuses.next().value ?? 200).end(),
    );
    for (const _ of Array(5)) {
      await sendTo(apiUrl);
      await turn();
    }
    expect(connections).toHaveLength(1);
  });

  test('four at once use four connections, and go on using them', async () => {
    const held: ServerResponse[] = [];
    const { apiUrl, connections } = await serveWhole((_, __, response) => {
      // All answers wait for the last request, so each needs a connection of its own.
      if (held.push(response) === 4) for (const each of held.splice(0)) each.end(answer);
    });
    for (const _ of Array(3)) {
      const replies = await Promise.all(Array.from({ length: 4 }, () => sendTo(apiUrl)));
      expect(replies).toEqual(Array(4).fill(answered));
      await turn();
    }
    expect(connections).toHaveLength(4);
  });

  test('a connection that the answer closes is not used again', async () => {
    const { apiUrl, connections } = await serveWhole((_, __, response) =>
      response.writeHead(200, { connection: 'close' }).end(answer),
    );
    for (const _ of Array(3)) expect(await sendTo(apiUrl)).toEqual(answered);
    expect(connections).toHaveLength(3);
  });

  test('an idle connection that was closed is not used again', async () => {
    const { apiUrl, connections } = await serveWhole((_, __, response) => response.end(answer));
    for (const round of [0, 1, 2]) {
      expect(await sendTo(apiUrl)).toEqual(answered);
      const socket = connections[round];
      if (socket === undefined) throw new Error('the last connection was used again');
      const closed = once(socket, 'close'); // by both sides
      socket.end();
      await closed;
    }
  });

  test('one that closes as the next request arrives loses its answer, and no other', async () => {
    let requests = 0;
    const { apiUrl, connections } = await serveWhole((_, request, response) => {
      if (++requests === 2) request.socket.destroy();
      else response.end(answer);
    });
    expect(await sendTo(apiUrl)).toEqual(answered);
    expect(await sendTo(apiUrl)).toEqual(lost({ kind: 'connection', cause: expect.any(Error) }));
    expect(await sendTo(apiUrl)).toEqual(answered);
    expect({ requests, connections: connections.length }).toEqual({ requests: 3, connections: 2 });
  });
});

test('a call whose request met a closing connection is sent again, the same', async () => {
  const bodies: string[] = [];
  const { apiUrl, connections } = await serveWhole((body, request, response) => {
    if (bodies.push(body) === 2) request.socket.destroy();
    else response.end(allDone(body));
  });
  const client = new AutobatchClient({
    apiUrl,
    apiToken: 'test-token',
    retry: { minDelayMs: 0, maxDelayMs: 0 },
  });
  await client.agentSpans.finish(UNKNOWN);
  await client.agentSpans.finish(UNKNOWN);
  await client.close();
  expect(connections).toHaveLength(2);
  expect(bodies).toHaveLength(3);
  expect(bodies[2]).toBe(bodies[1]);
});

/** Of the event loop: so long undici waits before a connection is free again. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The answer that all items of a request have succeeded. */
function allDone(body: string): string {
  const { items } = JSON.parse(body) as { items: { idempotency_key: string }[] };
  const outputs = items.map((item) => [
    item.idempotency_key,
    { status: 'success', details: { id: UNKNOWN } },
  ]);
  return JSON.stringify({ outputs: Object.fromEntries(outputs) });
}
