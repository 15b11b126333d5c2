import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { sendActions } from '../../../src/cli/sending/sending.ts';
import type { AutobatchClient } from '../../../src/index.ts';
import { PrefactorClosedError } from '../../../src/index.ts';
import { RecordedCalls } from '../../../src/recordings/calls/recorded-calls.ts';
import { serveApi } from '../run-cli.ts';

const options = {
  'api-url': undefined,
  emulate: false,
  rtt: undefined,
  failed: undefined,
  window: 'tick',
  'max-items': 100,
  concurrency: 16,
  'on-skipped': 'requeue',
  ids: 'client',
  json: false,
} as const;

test('where the source throws, source and client are closed, and the error goes on', async () => {
  const { env } = await serveApi();
  let isClosed = false;
  let client: AutobatchClient | undefined;
  const source = {
    bytesRead: 0,
    size: undefined,
    async *lines() {
      yield* [];
      throw new Error('from the source');
    },
    close() {
      isClosed = true;
    },
  };
  const callsWith = (made: AutobatchClient) => {
    client = made;
    return new RecordedCalls({ client: made });
  };
  const screen = new PassThrough();
  const sent = sendActions(
    { command: 'send', path: 'x', source, options, callsWith, report: () => '' },
    {
      stdin: screen,
      stdout: screen,
      stderr: screen,
      screen,
      env,
      interrupted: new AbortController().signal,
    },
  );
  await expect(sent).rejects.toThrow('from the source');
  expect(isClosed).toBe(true);
  await expect(client?.agentInstances.register({})).rejects.toThrow(PrefactorClosedError);
});
