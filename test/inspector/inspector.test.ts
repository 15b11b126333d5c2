import { get, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import type { Inspector, InspectorOptions } from '../../src/inspector/index.ts';
import { createInspector } from '../../src/inspector/index.ts';
import { pageFiles } from '../../src/inspector/page-files.ts';
import { Emulator } from '../../src/testing/index.ts';

interface Watched {
  readonly client: AutobatchClient;
  readonly inspector: Inspector;
  /** Listeners of the client's events that are attached now. */
  listeners(): number;
}

function watched(options: InspectorOptions = {}): Watched {
  const emulator = new Emulator();
  const client = new AutobatchClient({
    apiToken: 'test-token',
    fetch: emulator.fetch,
    logger: false,
  });
  let listeners = 0;
  const { on } = client;
  const counting: AutobatchClient['on'] = (name, listener) => {
    listeners++;
    const stop = on(name, listener);
    return () => {
      listeners--;
      stop();
    };
  };
  Object.defineProperty(client, 'on', { value: counting });
  const inspector = createInspector(client, options);
  onTestFinished(async () => {
    await inspector.close();
    await client.close();
  });
  return { client, inspector, listeners: () => listeners };
}

interface Stream {
  /** Resolves with what it was told so far, once that contains the text. */
  until(text: string): Promise<string>;
  readonly ended: Promise<void>;
  leave(): void;
}

/** Reads the events as a page does. */
function events(url: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/events`, (response) => {
      let all = '';
      let look = (): void => {};
      response.setEncoding('utf8').on('data', (part: string) => {
        all += part;
        look();
      });
      const ended = new Promise<void>((end) => response.on('close', () => end()));
      resolve({
        until: (text) =>
          new Promise((found) => {
            look = () => all.includes(text) && found(all);
            look();
          }),
        ended,
        leave: () => request.destroy(),
      });
    });
    request.on('error', reject);
  });
}

function answerTo(
  url: string,
  options: { method?: string; host?: string; path?: string },
): Promise<{ status: number; headers: object; body: string }> {
  const { host, method = 'GET', path = '/' } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}${path}`,
      { method, ...(host !== undefined && { headers: { host } }) },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject).end();
  });
}

test('nothing listens to the client before a page is open, and nothing after the inspector is closed', async () => {
  const { client, inspector, listeners } = watched();
  const { url } = await inspector.listen();
  await answerTo(url, {});
  await client.agentInstances.register({});
  expect(listeners()).toBe(0);
  const page = await events(url);
  await page.until('event: snapshot');
  expect(listeners()).toBeGreaterThan(0);
  await inspector.close();
  expect(listeners()).toBe(0);
});

test('with `always` it records from the start', async () => {
  const { client, inspector } = watched({ always: true });
  const { url } = await inspector.listen();
  await client.agentInstances.register({});
  const page = await events(url);
  expect(await page.until('event: snapshot')).toContain('"runs":"1s"');
});

test('a page is told what happens, and each new one gets all of it', async () => {
  const { client, inspector } = watched();
  const { url } = await inspector.listen();
  const first = await events(url);
  await first.until('event: snapshot');
  await client.agentInstances.register({});
  await first.until('"runs":"1s"');
  const second = await events(url);
  const [snapshot = ''] = (await second.until('"runs":"1s"')).split('event: changes');
  expect(snapshot).toContain('"books":{"total":["accepted",1]');
});

test('a hundred pages are served, and all end at once', async () => {
  const { client, inspector } = watched();
  const { url } = await inspector.listen();
  const pages = await Promise.all(Array.from({ length: 100 }, () => events(url)));
  await client.agentInstances.register({});
  await Promise.all(pages.map((page) => page.until('"runs":"1s"')));
  await inspector.close();
  await Promise.all(pages.map(({ ended }) => ended));
});

test('it can listen twice, and once more after one of the two was closed', async () => {
  const { inspector } = watched();
  const [first, second] = [await inspector.listen(), await inspector.listen()];
  expect(first.url).not.toBe(second.url);
  await first.close();
  await expect(answerTo(first.url, {})).rejects.toThrow('ECONNREFUSED');
  expect((await answerTo(second.url, {})).status).toBe(200);
  expect((await answerTo((await inspector.listen(first.port)).url, {})).status).toBe(200);
});

test('a port that is taken, and an inspector that is closed, are told in a sentence', async () => {
  const { inspector } = watched();
  const { port } = await inspector.listen();
  await expect(inspector.listen(port)).rejects.toThrow(
    `The inspector cannot listen. Port ${port} of 127.0.0.1 is taken. Name another one, or 0 for a free one.`,
  );
  await expect(inspector.listen(0, { host: '203.0.113.1' })).rejects.toThrow(
    'The inspector cannot listen. This machine has no address 203.0.113.1.',
  );
  await inspector.close();
  await expect(inspector.listen()).rejects.toThrow('This inspector is closed: make a new one.');
});

test('a client that is closed is shown as it was left', async () => {
  const { client, inspector } = watched();
  const { url } = await inspector.listen();
  const page = await events(url);
  await client.agentInstances.register({});
  await client.close();
  await client.agentInstances.register({}).catch(() => {});
  await page.until('"declined",1');
  const later = await events(url);
  await later.until('"declined",1');
});

test('what is no client is refused', () => {
  expect(() => createInspector({} as never)).toThrow('client must be an AutobatchClient.');
  expect(() => createInspector(undefined as never)).toThrow('client must be an AutobatchClient.');
});

test('names of other sites do not lead to the page', async () => {
  const { inspector } = watched();
  const { url, port } = await inspector.listen();
  const statuses = async (...hosts: readonly string[]) =>
    Promise.all(
      hosts.map(
        async (host) =>
          (await answerTo(url, { host, path: '/events' }).catch(() => ({ status: 0 }))).status,
      ),
    );
  expect(
    await statuses(
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ),
  ).toEqual([421, 421, 421, 421]);
  const own = await Promise.all(
    [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]:80'].map((host) => answerTo(url, { host })),
  );
  expect(own.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('it only shows: nothing can be sent to it, and no other site can use it', async () => {
  const { inspector } = watched();
  const { url } = await inspector.listen();
  expect((await answerTo(url, { method: 'POST' })).status).toBe(405);
  expect((await answerTo(url, { path: '/../package.json' })).status).toBe(404);
  const { headers } = await answerTo(url, {});
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringMatching(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    ),
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('a reader that hangs up in the middle harms nobody', async () => {
  const { client, inspector } = watched();
  const { url, port } = await inspector.listen();
  const other = await events(url);
  for (let reader = 0; reader < 20; reader++) {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.destroy();
  }
  await client.agentInstances.register({});
  await other.until('"runs":"1s"');
});

test('all files of the page together have less than 60 kB, and ask for nothing from elsewhere', () => {
  const texts = [...pageFiles().values()].map(({ text }) => text);
  expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThan(60_000);
  const addresses = texts.join('\n').match(/https?:\/\/[^"' )]*/g) ?? [];
  expect([...new Set(addresses)]).toEqual(['http://www.w3.org/2000/svg']);
});
