// The command `doctor --write`: the run that it makes, and what it does when it cannot go on.

import { describe, expect, test } from 'vitest';
import { examine } from '../../../src/cli/doctor/doctor.ts';
import type { Finding, QuestionId } from '../../../src/cli/doctor/questions/question-finding.ts';
import type { EmulatorOptions } from '../../../src/testing/index.ts';
import type { Api } from '../run-cli.ts';
import { runCli, serveApi, TOKEN } from '../run-cli.ts';
import type { SentItem } from '../scripted-api.ts';
import { bulkAnswer, errorBody, serveScripted } from '../scripted-api.ts';
import { ask, finished, runsOf } from './ask-doctor.ts';
import { bulkAnswerOf, detailsOf } from './scripts.ts';

describe('of an API that is as the client assumes', () => {
  test('every answer is ok, and the exit code 0', async () => {
    const { code, report } = await ask(await serveApi());
    expect(report.findings).toEqual({
      ok: report.answers.length,
      different: 0,
      problem: 0,
      unknown: 0,
    });
    expect(report.answers.length).toBe(29);
    expect(report).toMatchObject({ wrote: true, complete: true });
    expect(code).toBe(0);
  });

  test('the run is a smoke test, it is finished at the end, and no span is left open', async () => {
    const api = await serveApi();
    await ask(api);
    expect(runsOf(api)).toEqual(finished);
  });

  test("it does not make its own version the agent's", async () => {
    const registered: SentItem[] = [];
    const api = await serveScripted(({ items }) => {
      registered.push(...items.filter(({ _type }) => _type === 'agent_instances/register'));
      return undefined;
    });
    await ask(api);
    expect(registered).toMatchObject([
      {
        update_current_version: false,
        purpose: 'smoke_test',
        agent_version: { name: 'prefactor-autobatch doctor' },
      },
    ]);
  });

  test('it says before what it is about to do, and the report is Markdown', async () => {
    const { env } = await serveApi();
    const { stdout, stderr } = await runCli(['doctor', '--write'], { env });
    const [before = '', after = ''] = stderr.split('and finishes the run at the end');
    expect(before).toContain('up to 1,000 items and 4.0 MB');
    expect(before).toContain('It registers one run, "prefactor-autobatch doctor"');
    expect(before).not.toContain('Can a run be registered');
    expect(after).toContain('ok         Can a run be registered in bulk? Yes.\n');
    expect(stdout).toContain('29 ok, 0 different, 0 problem, 0 unknown.\n');
    expect(stdout.match(/^\| ok \| .* \| .* \|$/gm)).toHaveLength(29);
  });
});

test('no id of the account is in the report', async () => {
  const { env, emulator } = await serveApi();
  const { stdout } = await runCli(['doctor', '--write'], { env });
  const [run] = Object.values(emulator.snapshot().instances);
  for (const name of ['id', 'account_id', 'agent_id', 'environment_id', 'agent_deployment_id']) {
    const id = run?.[name];
    expect(id).toMatch(/^[0-9a-z]{32}$/);
    expect(stdout).not.toContain(id);
  }
});

test('the limits leave nothing behind', async () => {
  const api = await serveApi();
  const { says } = await ask(api);
  expect(says['max-items']).toBe('ok: 1,000 items at least; more was not tried.');
  expect(says['max-bytes']).toBe('ok: 4.0 MB at least; more was not tried.');
  const sizes = api.emulator.report().batches.map(({ keys, bytes }) => [keys.length, bytes]);
  expect(sizes.filter(([items = 0]) => items > 3).map(([items]) => items)).toEqual([
    100, 200, 400, 800, 1_000,
  ]);
  expect(sizes.filter(([, bytes = 0]) => bytes >= 1e6).map(([, bytes]) => bytes)).toEqual([
    1e6, 2e6, 4e6,
  ]);
  const [run] = Object.values(api.emulator.snapshot().instances);
  expect(Object.keys(run?.spans ?? {}).length).toBeLessThan(25);
});

describe("an account's token", () => {
  test('without an agent to register for is a problem, and nothing else is asked', async () => {
    const { code, says, report } = await ask(await serveApi({ tokenKind: 'account' }));
    expect(says['register']).toMatch(/^problem: No, it is refused \(validation_errors: .*\)/);
    expect(says['register']).toContain('set PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID');
    expect(report.answers.at(-1)?.id).toBe('register');
    expect(code).toBe(1);
  });

  test('registers for the agent of the environment', async () => {
    const api = await serveApi({ tokenKind: 'account' });
    const owner = { PREFACTOR_AGENT_ID: 'agent-1', PREFACTOR_ENVIRONMENT_ID: 'environment-1' };
    const { code } = await ask({ env: { ...api.env, ...owner } });
    expect(code).toBe(0);
    expect(Object.values(api.emulator.snapshot().instances)).toMatchObject([
      { agent_id: 'agent-1', environment_id: 'environment-1', status: 'complete' },
    ]);
  });
});

test.each<[EmulatorOptions, string, string]>([
  [
    { repeats: 'refuse' },
    'replay',
    'different: It is refused (idempotency_key_already_used: The idempotency key was used before)',
  ],
  [{}, 'id-twice', 'ok: It is refused (validation_errors: Invalid span).'],
  [
    { takenId: { code: 'conflict', message: 'It is there' } },
    'id-twice',
    'ok: It is refused (conflict: It is there).',
  ],
  [
    { takenId: { code: 'invalid_value', message: 'Not this one' } },
    'id-twice',
    'different: It is refused (invalid_value: Not this one), which may mean anything to the client',
  ],
  [
    { takenId: { errors: { id: ['no'], status: ['no'] } } },
    'id-twice',
    'different: It is refused (validation_errors: Invalid span), which may mean anything to the client',
  ],
  [{ samePartition: true }, 'other-partition', 'ok: No, it is refused (validation_errors: '],
  [
    { storeErrors: true },
    'stored-error',
    'ok: Yes: with its reason gone, the same key still gets ',
  ],
  [{ repeats: 'refuse' }, 'replay', 'different: It is refused (idempotency_key_already_used: '],
  [
    { repeats: 'refuse' },
    'key-at-once',
    'different: It is refused (idempotency_key_already_used: ',
  ],
  [{}, 'key-at-once', 'ok: The same answer, and it is done once.'],
  [{}, 'item-codes', 'ok: Yes: not_found, invalid_action, validation_errors'],
  [{}, 'echo', 'ok: Yes ('],
  [{ alwaysControl: true }, 'control', 'ok: Yes, also while the run goes on.'],
  [{ maxItems: 300 }, 'max-items', 'ok: 200 items; 400 items are refused (422).'],
  [
    { maxItems: 60 },
    'max-items',
    'different: 50 items; 100 items are refused (422). The client finds',
  ],
  [{ maxItems: 3 }, 'max-items', 'different: 3 items; 100 items are refused (422).'],
  [{ maxBytes: 2_000_000 }, 'max-bytes', 'ok: 2.0 MB; 4.0 MB are refused (413).'],
  [{ maxBytes: 1_999_999 }, 'max-bytes', 'ok: 1.0 MB; 2.0 MB are refused (413).'],
  [{ maxBytes: 300_000 }, 'max-bytes', 'different: 250.0 kB; 1.0 MB are refused (413).'],
])('of an emulator with %j, %s is %s', async (options, id, answer) => {
  const api = await serveApi(options);
  const { code, says } = await ask(api);
  expect(says[id]).toContain(answer);
  expect(code).toBe(answer.startsWith('ok') ? 0 : 1);
  expect(runsOf(api)).toEqual(finished);
});

describe("without ids of the client's", () => {
  test('what only they can tell is unknown, and the rest is asked', async () => {
    const api = await serveScripted(({ items }) =>
      items.some((item) => detailsOf(item)['id'] !== undefined)
        ? { status: 422, body: errorBody('validation_errors') }
        : undefined,
    );
    const { report } = await ask(api);
    const findings = (finding: string): string[] =>
      report.answers.filter((one) => one.finding === finding).map(({ id }) => id);
    expect(findings('different')).toEqual(['client-id']);
    expect(findings('unknown')).toEqual([
      'tree-in-one-request',
      'id-twice',
      'other-partition',
      'stored-error',
    ]);
    expect(findings('problem')).toEqual([]);
  });
});

describe('when it cannot go on', () => {
  test('an API that asks for fewer requests ends the questions, and the run is finished', async () => {
    let requests = 0;
    const api = await serveScripted(({ path, items }) => {
      if (path !== '/api/v1/bulk' || items[0]?._type === 'agent_instances/finish') return undefined;
      requests++;
      return requests > 10 ? { status: 429, body: errorBody('rate_limited') } : undefined;
    });
    const { code, report } = await ask(api);
    const problems = report.answers.filter(({ finding }) => finding === 'problem');
    expect(problems.map(({ answer }) => answer)).toEqual([
      'Too many requests (429). Ask again later.',
      'Too many requests (429). Ask again later.',
    ]);
    const unasked = report.answers.filter(({ answer }) => answer.startsWith('Not asked'));
    expect(unasked.length).toBe(report.findings.unknown);
    expect(unasked.length).toBeGreaterThan(5);
    expect(runsOf(api)).toMatchObject([{ status: 'complete' }]);
    expect(code).toBe(1);
  });

  /** The same without the waiting between attempts to finish. */
  async function askAtOnce({ env }: Api): Promise<readonly Finding[]> {
    const account = { apiUrl: env['PREFACTOR_API_URL'] ?? '', apiToken: TOKEN };
    const found: (Finding & { readonly id: QuestionId })[] = [];
    const tell = (id: QuestionId, finding: Finding): void => void found.push({ id, ...finding });
    await examine(account, tell, {}, new AbortController().signal, [0, 0]);
    return found;
  }

  test('a network that goes away is a problem, and it says that the run may be open', async () => {
    const api = await serveApi();
    const { faults } = api.emulator;
    faults.next({ kind: 'delay' }, { times: 3 });
    faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
    const answers = await askAtOnce(api);
    expect(answers.at(-1)).toMatchObject({
      id: 'finish',
      finding: 'problem',
      answer: expect.stringMatching(
        /^There was no usable answer \(\w+\)\. The run may still be open/,
      ),
    });
    expect(runsOf(api)).toMatchObject([{ status: 'pending' }]);
  });

  test('the run is finished at a later attempt, under the same key, if the first has no answer', async () => {
    const keys: string[] = [];
    const api = await serveScripted(async ({ items: [item] }, forward) => {
      if (item?._type !== 'agent_instances/finish') return undefined;
      const { body } = await forward();
      keys.push(item.idempotency_key);
      return { status: keys.length < 3 ? 503 : 200, body };
    });
    const answers = await askAtOnce(api);
    expect(answers.at(-1)).toMatchObject({ id: 'finish', finding: 'ok' });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(runsOf(api)).toEqual(finished);
  });

  test('a run that nobody finishes is a problem', async () => {
    const api = await serveScripted(({ path, items }) =>
      path.endsWith('/finish') || items[0]?._type === 'agent_instances/finish'
        ? { status: 422, body: errorBody('validation_errors') }
        : undefined,
    );
    const { code, says } = await ask(api);
    expect(says['finish']).toBe(
      'problem: No, it is refused (422 validation_errors: No), and so is the single endpoint (422 validation_errors: No). The run may still be open: finish it in the web app.',
    );
    expect(code).toBe(1);
  });

  test.each([
    ['has no id', bulkAnswerOf({ status: 'success', details: {} }), 'has no details.id'],
    ['has no output', () => bulkAnswer({}), 'has no output for its item'],
    ['has no outputs', () => ({ status: 200, body: {} }), 'The answer (200) has no outputs.'],
  ])('an answer to the registration that %s ends it', async (_what, answer, sentence) => {
    const api = await serveScripted((sent) =>
      sent.items[0]?._type === 'agent_instances/register' ? answer(sent) : undefined,
    );
    const { code, says, report } = await ask(api);
    expect(says['register']).toContain(`problem: `);
    expect(says['register']).toContain(sentence);
    expect(says['register']).toContain(
      'If the run was made all the same, finish it in the web app.',
    );
    expect(report.answers.at(-1)?.id).toBe('register');
    expect(code).toBe(1);
  });

  test('Ctrl-C ends the questions, finishes the run, and the report says so', async () => {
    const api = await serveApi();
    const { code, report } = await ask(api, 'Does an id of the client');
    expect(report.answers.map(({ id }) => id)).toEqual([
      'url',
      'token',
      'bulk',
      'register',
      'client-id',
      'finish',
    ]);
    expect(report.complete).toBe(false);
    expect(runsOf(api)).toEqual(finished);
    expect(code).toBe(130);
  });
});
