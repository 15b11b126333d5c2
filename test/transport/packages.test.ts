// The fetch of packages that know no Request but their own, and whose answers have a stream of Node's or none:
// by the `fetch` option, and in the place of the global one.
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { serve, serveWhole } from './servers.ts';
import { batchOf, patient, token, transportOf } from './transport.ts';
import { lost } from './ways.ts';

const require = createRequire(import.meta.url);
const packages: Readonly<Record<string, typeof fetch>> = {
  'node-fetch': require('node-fetch').default,
  'node-fetch 2': require('node-fetch2'),
  'cross-fetch': require('cross-fetch'),
  undici: require('undici').fetch,
};
const cases = Object.keys(packages).flatMap((name) =>
  (['the option', 'the global one'] as const).map((place) => [name, place] as const),
);

const outputs = { 'order-span-00': { status: 'success', details: { id: '茶'.repeat(1_000) } } };
const json = JSON.stringify({ outputs });

describe.each(cases)('the fetch of %s as %s', (name, place) => {
  /** A transport over it, for as long as the test runs. */
  function over(apiUrl: string, clock?: HandClock) {
    const given = packages[name];
    if (place === 'the option') return transportOf({ apiUrl, fetch: given }, clock);
    vi.stubGlobal('fetch', given);
    onTestFinished(() => void vi.unstubAllGlobals());
    return transportOf({ apiUrl }, clock);
  }

  test('sends the request as it is, and its answer is read', async () => {
    const seen: unknown[] = [];
    const { apiUrl } = await serveWhole((body, { method, url, headers }, response) => {
      seen.push(method, url, headers['authorization'], headers['content-type'], body);
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(json));
    });
    const transport = over(apiUrl);
    expect(await transport.send(batchOf('{"é":1}'), patient())).toEqual({
      kind: 'answered',
      status: 200,
      outputs,
      requestId: expect.any(Function),
    });
    const headers = [`Bearer ${token}`, 'application/json'];
    expect(seen).toEqual(['POST', '/api/v1/bulk', ...headers, '{"items":[{"é":1}]}']);
  });

  test('asks by GET where there is no body', async () => {
    const seen: unknown[] = [];
    const { apiUrl } = await serve(({ method, url }, response) => {
      seen.push(method, url);
      response.end('{}');
    });
    expect(await over(apiUrl).ping(patient())).toBe(true);
    expect(seen).toEqual(['GET', '/api/v1/ping']);
  });

  test('tells of a status and its headers', async () => {
    const { apiUrl } = await serveWhole((_, __, response) =>
      response.writeHead(429, { 'Retry-After': '7' }).end('not now'),
    );
    const reply = await over(apiUrl).send(batchOf('{}'), patient());
    expect(reply).toMatchObject({ kind: 'busy', status: 429, afterMs: 7_000 });
  });

  test('follows no redirect', async () => {
    const paths: unknown[] = [];
    const { apiUrl } = await serveWhole((_, { url }, response) => {
      paths.push(url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const reply = await over(apiUrl).send(batchOf('{}'), patient());
    expect(reply).toMatchObject({ kind: 'refused', status: 307 });
    expect(paths).toEqual(['/api/v1/bulk']);
  });

  test.each(['nothing has come', 'the body trickles'])(
    'is cut off by a time-out while %s',
    async (stage) => {
      const reached = deferred<void>();
      const closed = deferred<void>();
      const { apiUrl } = await serveWhole((_, __, response) => {
        response.on('close', closed.resolve);
        if (stage === 'nothing has come') reached.resolve();
        else response.write('{', () => reached.resolve());
      });
      const clock = new HandClock();
      const reply = over(apiUrl, clock).send(batchOf('{}'), patient());
      await reached.promise;
      clock.advance(30_000);
      expect(await reply).toEqual(lost({ kind: 'timeout', ms: 30_000 }));
      await closed.promise;
    },
  );

  test('brings no more of an endless answer than the bound', async () => {
    const chunk = Buffer.alloc(1_048_576, 'x');
    const closed = deferred<void>();
    const { apiUrl } = await serveWhole((_, __, response) => {
      response.on('close', closed.resolve);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', pour);
      };
      pour();
    });
    const reply = await over(apiUrl).send(batchOf('{}'), patient());
    const failure = { kind: 'contract', problem: 'too large' };
    expect(reply).toMatchObject({ kind: 'lost', status: 200, failure });
    await closed.promise;
  });
});
