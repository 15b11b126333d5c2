// Over real sockets: whatever is at the address in the place of the API, somebody is told
// soon, and so is whoever made the call.
import { createServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { setGlobalDispatcher } from '../helpers/global-dispatcher.ts';
import { failureOf } from '../helpers/outcomes.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { span } from '../helpers/spans.ts';
import { identity } from '../helpers/tls/tls.ts';
import { listen, serve } from '../transport/servers.ts';

const TOKEN = 'pf_secret_0123';

const refused = async (): Promise<string> => {
  const { apiUrl, close } = await serve(() => undefined);
  await close();
  return apiUrl;
};

/** What is there, where it is, what is said of it, and after how many attempts. */
const cases: [string, () => Promise<string>, RegExp, number][] = [
  ['a port where nobody listens', refused, /connection failed \(ECONNREFUSED\)/, 3],
  [
    'a name that nobody has',
    async () => 'https://no-such-host.invalid',
    /connection failed \((ENOTFOUND|EAI_AGAIN)\)/,
    3,
  ],
  [
    'a page',
    async () => (await serve((_, response) => response.end('<h1>It works!</h1>'))).apiUrl,
    /an answer that is no JSON \(status 200\)/,
    3,
  ],
  [
    'an API that is another one',
    async () => (await serve((_, response) => response.end('{"ok":true}'))).apiUrl,
    /an answer that has no outputs \(status 200\)/,
    3,
  ],
  [
    'what speaks no HTTP',
    async () => {
      const server = createSocketServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
      return (await listen(server)).apiUrl;
    },
    /connection failed/,
    3,
  ],
  [
    'a certificate that is not trusted',
    async () => `https://127.0.0.1:${(await listen(createServer(identity))).port}`,
    /the certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    1,
  ],
  [
    'a server without TLS',
    async () => (await serve(() => undefined)).apiUrl.replace('http:', 'https:'),
    /what answers does not speak TLS/,
    1,
  ],
  [
    'a mock that does not match',
    async () => {
      const unmatched = Object.assign(new Error('Mock dispatch not matched for method POST'), {
        code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED',
      });
      setGlobalDispatcher({
        dispatch() {
          throw unmatched;
        },
      });
      return 'https://api.example';
    },
    /no mock matches the request \(UND_MOCK_ERR_MOCK_NOT_MATCHED\)/,
    1,
  ],
];

test.each(cases)('%s', async (_, at, words, attempts) => {
  const log = recordingLogger();
  const apiUrl = await at();
  const client = new AutobatchClient({
    apiUrl,
    apiToken: TOKEN,
    logger: log,
    retry: { minDelayMs: 1, maxDelayMs: 2 },
  });
  const outage = new Promise((resolve) => client.on('outage', resolve));
  const causes: (string | undefined)[] = [];
  client.on('response', ({ cause }) => causes.push(cause));
  const call = client.agentSpans.create(span('a'));
  expect(await outage).toEqual({ cause: expect.stringMatching(words), waiting: 1 });
  expect(causes).toHaveLength(attempts);
  const [warning] = log.entries.filter(([level]) => level === 'warn');
  expect(String(warning?.[1])).toContain(apiUrl);
  expect(String(warning?.[1])).toMatch(words);
  expect(client.stats().server).toEqual({
    state: 'failing',
    since: expect.any(Date),
    cause: expect.stringMatching(words),
  });
  await client.close({ timeoutMs: 1 });
  const error = await failureOf(call);
  expect(error).toMatchObject({ code: 'CLOSED', cause: expect.any(Error) });
  expect(String(error)).toContain('(last: ');
  const all = inspect([log.entries, error, client.stats()], { depth: Infinity, showHidden: true });
  expect(all).not.toContain(TOKEN);
});
