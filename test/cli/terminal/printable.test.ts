// What somebody else wrote never reaches the terminal as it is.
import { expect, test } from 'vitest';
import { printable, printableLine } from '../../../src/cli/terminal/printable.ts';
import { Emulator } from '../../../src/testing/index.ts';
import { fileWith, runCli, serveApi, TOKEN } from '../run-cli.ts';
import { serveScripted } from '../scripted-api.ts';

/** Clears, colours, a link, a title; the same as single characters; turned text; lines of its own. */
const HOSTILE =
  '\u001b[2J\u001b[31mred\u001b]8;;https://a.test\u0007link\u009b1A\u009d0;title\u009c\r\b\u0000' +
  '\u202eright\u2066to\u200fleft\u2028line\u2029paragraph\u{e0041}\nok  forged\ud800';
const UNPRINTABLE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;

test('nothing but line breaks and tabs is left of what moves, colours or turns', () => {
  const shown = printable(`a\t${HOSTILE}`);
  expect(shown.replace('\t', '')).not.toMatch(UNPRINTABLE);
  expect(shown).toContain('\\u001b[2J\\u001b[31mred');
  expect(shown).toContain('\\u202eright');
  expect(shown).toContain('\nok  forged\\ud800');
  expect(printableLine(HOSTILE)).toContain('\\u000aok  forged');
});

test('words of any writing stay, and JSON means what it meant', () => {
  const plain = 'żółw 時間 שלום 👋🏽 a\u00a0b ¡ñ!';
  expect(printable(plain)).toBe(plain);
  const json = JSON.stringify({ [HOSTILE]: HOSTILE }, null, 2);
  expect(JSON.parse(printable(json))).toEqual(JSON.parse(json));
});

/** An API that fails each bulk item with such a code, message and errors; from the second request on, if told so. */
function hostileApi(lets = 0) {
  let requests = 0;
  return serveScripted(({ path, items }) =>
    path === '/api/v1/bulk' && items.length > 0 && requests++ >= lets
      ? {
          status: 200,
          body: {
            status: 'success',
            outputs: Object.fromEntries(
              items.slice(0, 1).map(({ idempotency_key: key }) => [
                key,
                {
                  status: 'error',
                  code: HOSTILE,
                  message: `${HOSTILE} ${TOKEN}`,
                  errors: { [HOSTILE]: [HOSTILE] },
                },
              ]),
            ),
          },
        }
      : undefined,
  );
}

const file = () =>
  fileWith(
    '{"t":0,"type":"agent_instances/register","instance":"r1"}\n{"t":1,"type":"agent_instances/register","instance":"r2"}\n',
  );

test.each<[string, () => string[], number?]>([
  ['doctor, for people', () => ['doctor', '--write']],
  ['doctor, as JSON', () => ['doctor', '--write', '--json']],
  ['doctor, with a run to ask in', () => ['doctor', '--write'], 1],
  ['send, for people', () => ['send', file()]],
  ['send, as JSON', () => ['send', file(), '--json']],
])('%s shows what a server writes without its power', async (_what, args, lets) => {
  const { env } = await hostileApi(lets);
  const { stdout, stderr } = await runCli(args(), { env });
  expect(stdout + stderr).toContain('forged');
  expect(stdout).not.toMatch(UNPRINTABLE);
  expect(stderr).not.toMatch(UNPRINTABLE);
  expect(`${stdout}\n${stderr}`).not.toMatch(/^ok {2}forged/m);
  expect(stdout + stderr).not.toContain(TOKEN);
});

test('nor has what a status, a page or a command line says', async () => {
  const { env, emulator } = await serveApi();
  emulator.faults.next(
    { kind: 'status', status: 503, message: HOSTILE, code: HOSTILE },
    { on: 'any', times: Number.POSITIVE_INFINITY },
  );
  for (const args of [
    ['doctor'],
    ['send', file()],
    [HOSTILE],
    ['send', `no-such-${HOSTILE}`],
    ['send', `--${HOSTILE}`],
  ]) {
    const { stdout, stderr } = await runCli(args, { env });
    expect(stdout + stderr).not.toBe('');
    expect(stdout + stderr).not.toMatch(UNPRINTABLE);
  }
});

test('nor has what a client sends to the emulator', async () => {
  const interrupt = new AbortController();
  let sent: Promise<unknown> = Promise.resolve();
  let shown = '';
  const ended = runCli(['emulator'], {
    interrupted: interrupt.signal,
    onText(text) {
      shown += text;
      const url = /PREFACTOR_API_URL=(\S+)/.exec(text)?.[1];
      if (url === undefined) return;
      sent = fetch(`${url}/api/v1/agent_instance/register`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer test-token',
          'content-type': 'application/json',
          'x-prefactor-sdk': 'test@1.0.0',
        },
        body: JSON.stringify({ [HOSTILE]: 1 }),
      }).then(() => interrupt.abort());
    },
  });
  await ended;
  await sent;
  expect(shown).toContain('forged');
  expect(shown).not.toMatch(UNPRINTABLE);
  expect(shown).not.toMatch(/^ok {2}forged/m);
});

test('the emulator itself hands on what it was sent, as it is', async () => {
  const emulator = new Emulator();
  await emulator.fetch('https://emulator.test/api/v1/agent_instance/register', {
    method: 'POST',
    headers: {
      authorization: 'Bearer test-token',
      'content-type': 'application/json',
      'x-prefactor-sdk': 'test@1.0.0',
    },
    body: JSON.stringify({ [HOSTILE]: 1 }),
  });
  expect(emulator.report().unknownFields).toEqual([`agent_instances/register: ${HOSTILE}`]);
});
