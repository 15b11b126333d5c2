// The headers of a request as a server sees them, on each way.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import type { HttpClientOptions } from '../../src/transport/http-client.ts';
import { isAutobatchRequest } from '../../src/transport/sdk-header.ts';
import { serve } from './servers.ts';
import { batchOf, patient, token, transportOf } from './transport.ts';
import type { SendTo } from './ways.ts';
import { dispatcherWays, sendingOver, ways } from './ways.ts';

/** A server that keeps what it is sent. */
async function keeping() {
  const requests: IncomingMessage[] = [];
  const { apiUrl } = await serve((request, response) => {
    requests.push(request);
    response.end('{"outputs":{}}');
  });
  return { apiUrl, requests };
}

describe.each(ways)('over %s', (way) => {
  let sendTo: SendTo;
  beforeEach(() => {
    sendTo = sendingOver(way);
  });

  async function sentWith(headers: HttpClientOptions['headers']): Promise<IncomingMessage> {
    const { apiUrl, requests } = await keeping();
    await sendTo(apiUrl, { headers });
    const [request] = requests;
    if (request === undefined) throw new Error('nothing was sent');
    return request;
  }

  test("a name that the user gives in two spellings is sent once, with the latter's value", async () => {
    const { rawHeaders, headers } = await sentWith({ 'X-Team': 'tea', 'x-TEAM': 'coffee' });
    expect(headers['x-team']).toBe('coffee');
    expect(rawHeaders.filter((field) => field.toLowerCase() === 'x-team')).toHaveLength(1);
  });

  test.each(['User-Agent', 'user-agent', 'USER-AGENT'])("%s is the user's to set", async (name) => {
    const { rawHeaders, headers } = await sentWith({ [name]: 'tea-house/1' });
    expect(headers['user-agent']).toBe('tea-house/1');
    expect(rawHeaders.filter((field) => field.toLowerCase() === 'user-agent')).toHaveLength(1);
  });

  test('no header comes twice', async () => {
    const { rawHeaders } = await sentWith({ 'x-team': 'tea', cookie: 'a=1; b=2' });
    const names = rawHeaders.filter((_, index) => index % 2 === 0);
    expect(names.map((name) => name.toLowerCase()).sort()).toEqual(
      [...new Set(names.map((name) => name.toLowerCase()))].sort(),
    );
  });

  test('instrumentation that listens to undici knows our requests', async () => {
    const known: boolean[] = [];
    const listen = (message: unknown): void => {
      known.push(isAutobatchRequest(Reflect.get(Object(message), 'request')));
    };
    subscribe('undici:request:create', listen);
    onTestFinished(() => void unsubscribe('undici:request:create', listen));
    await sentWith({});
    await fetch((await keeping()).apiUrl);
    expect(known).toEqual([true, false]);
  });

  test('values arrive as they are: quotes, tabs, Latin-1, nothing', async () => {
    const { headers } = await sentWith({ 'x-a': '"tök"\tb', 'x-b': '' });
    expect(headers).toMatchObject({ 'x-a': '"tök"\tb', 'x-b': '' });
  });
});

test.each(dispatcherWays)('over %s, these are all', async (way) => {
  sendingOver(way);
  const { apiUrl, requests } = await keeping();
  const transport = transportOf({ apiUrl });
  await transport.send(batchOf('{}'), patient());
  await transport.ping(patient());
  const both: IncomingHttpHeaders = {
    accept: 'application/json',
    'accept-encoding': 'gzip',
    authorization: `Bearer ${token}`,
    connection: 'keep-alive',
    host: new URL(apiUrl).host,
    'user-agent': `prefactor-autobatch/${VERSION}`,
    'x-prefactor-sdk': `prefactor-autobatch@${VERSION}`,
  };
  expect(requests.map(({ method, url, headers }) => ({ method, url, headers }))).toEqual([
    {
      method: 'POST',
      url: '/api/v1/bulk',
      headers: {
        ...both,
        'content-length': String('{"items":[{}]}'.length),
        'content-type': 'application/json',
      },
    },
    { method: 'GET', url: '/api/v1/ping', headers: both },
  ]);
});
