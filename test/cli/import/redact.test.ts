import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileWith, runCli, serveApi } from '../run-cli.ts';
import { serverRuns, traceFile } from './imported.ts';

async function redacted(kind: string, path: string, ...args: readonly string[]) {
  const { emulator, env } = await serveApi();
  const { code, stderr } = await runCli(['import', kind, path, ...args], { env });
  expect({ code, stderr: stderr.replace(/^\d.*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
  return serverRuns(emulator.snapshot());
}

function spanWith(more: object): string {
  return fileWith(
    JSON.stringify({
      traceId: '1'.repeat(32),
      spanId: '1'.repeat(16),
      name: 'call',
      startTimeUnixNano: '1788249600000000000',
      endTimeUnixNano: '1788249600500000000',
      ...more,
    }),
  );
}

function text(key: string, stringValue: string) {
  return { key, value: { stringValue } };
}

test('--redact leaves out what its paths name, in inputs, outputs and metadata, also in JSON texts', async () => {
  const path = spanWith({
    attributes: [
      text('input.value', JSON.stringify({ user: 'ada', password: 'SECRET-in' })),
      text('output.value', JSON.stringify({ answer: 42, token: 'SECRET-out' })),
      text('http.request.header.authorization', 'SECRET-attribute'),
    ],
  });
  const [run] = await redacted(
    'otlp',
    path,
    '--redact',
    '**.password,token',
    '--redact',
    'attributes.http.request.header.Authorization',
  );
  expect(run?.spans['call']).toMatchObject({
    payload: {
      inputs: { user: 'ada', password: '[redacted]' },
      metadata: { attributes: { 'http.request.header.authorization': '[redacted]' } },
    },
    result: { answer: 42, token: '[redacted]' },
  });
  expect(JSON.stringify(run)).not.toContain('SECRET');
});

test('an error whose message is redacted loses its stack, too', async () => {
  const attributes = [
    text('exception.type', 'Oops'),
    text('exception.message', 'SECRET'),
    text('exception.stacktrace', 'Oops: SECRET at'),
  ];
  const path = spanWith({
    status: { code: 2, message: 'SECRET' },
    events: [{ name: 'exception', timeUnixNano: '1788249600100000000', attributes }],
  });
  const [run] = await redacted('otlp', path, '--redact', '**.message,**.stacktrace');
  expect(run?.spans['call']?.result).toMatchObject({
    error_type: 'Oops',
    message: '[redacted]',
    stacktrace: '[redacted]',
  });
  expect(JSON.stringify(run)).not.toContain('SECRET');
});

test('what a trace of Langfuse says itself is under "trace"', async () => {
  const [run] = await redacted(
    'langfuse',
    traceFile('langfuse-trace.json'),
    '--redact',
    'trace.userId,*.content',
  );
  expect(run?.spans['answer']?.payload).toMatchObject({
    metadata: { trace: { userId: '[redacted]', tags: ['dev'] } },
  });
  expect(run?.spans['chat']?.payload).toMatchObject({
    inputs: { input: [{ role: 'user', content: '[redacted]' }] },
  });
});

test('without it, all is imported as it was recorded; integers and depth are untouched with it', async () => {
  const deep = `${'{"a":'.repeat(100)}"x"${'}'.repeat(100)}`;
  const path = spanWith({
    attributes: [
      text(
        'input.value',
        `{"n":12345678901234567890,"deep":${deep},"long":"${'y'.repeat(300_000)}"}`,
      ),
    ],
  });
  const [plain] = await redacted('otlp', path);
  const [other] = await redacted('otlp', path, '--redact', '**.password');
  expect(other).toEqual(plain);
});

test('--failed gets what is redacted as redacted', async () => {
  const { emulator, env } = await serveApi();
  emulator.faults.refuse(({ type }) => type === 'agent_spans/create');
  const failed = `${fileWith('')}.failed`;
  const path = spanWith({ attributes: [text('input.value', '{"password":"SECRET"}')] });
  const args = ['import', 'otlp', path, '--redact', '**.password', '--failed', failed];
  expect((await runCli(args, { env })).code).toBe(1);
  expect(readFileSync(failed, 'utf8')).toMatch(/\[redacted\]/);
  expect(readFileSync(failed, 'utf8')).not.toMatch(/SECRET/);
});

test.each([
  ['a..b', '"a..b" has an empty name: write one dot between two names.'],
  ['**', `"**" ends with '**': name what to redact, such as '**.password'.`],
])('--redact %s is wrong', async (path, says) => {
  const { code, stderr } = await runCli(['import', 'otlp', 'x', '--redact', path]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `prefactor-autobatch: --redact: ${says} See: prefactor-autobatch import --help\n`,
  });
});
