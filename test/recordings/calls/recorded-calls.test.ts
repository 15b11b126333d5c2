import { expect, test } from 'vitest';
import type { AgentInstance, AgentSpan } from '../../../src/index.ts';
import { parseLine } from '../../../src/recordings/actions/action-line.ts';
import type { RecordedAction } from '../../../src/recordings/actions/recorded-action.ts';
import { RecordedCalls } from '../../../src/recordings/calls/recorded-calls.ts';
import { harness } from '../../helpers/harness.ts';
import { create, finish, run } from '../actions/lines.ts';

function actionOf(line: object): RecordedAction {
  const reading = parseLine(JSON.stringify(line));
  if (reading.kind === 'problem') throw new Error(reading.problem);
  return reading.action;
}

/** The call that an action becomes. */
function call(calls: RecordedCalls, line: object): Promise<AgentInstance | AgentSpan> {
  const taken = calls.take(actionOf(line));
  if (taken.kind !== 'call') throw new Error(taken.kind === 'no call' ? taken.problem : taken.kind);
  return taken.call;
}

test('once a run is registered, all the rest of it is one request', async () => {
  const t = await harness();
  const calls = new RecordedCalls({ client: t.client });
  const [register = {}, ...lines] = run('r', ['a', 'b']);
  lines.splice(3, 0, { ...create('r', 'c'), parent: 'a' }, finish('r', 'c'));
  const registered = call(calls, register);
  await t.settled();
  await registered;
  const all = Promise.all(lines.map((line) => call(calls, line)));
  await t.settled();
  expect(await all).toHaveLength(8);
  expect(t.sent).toHaveLength(2);
});

test('what an agent declares of itself is passed on as the file has it', async () => {
  const t = await harness();
  const calls = new RecordedCalls({ client: t.client });
  const agent_schema_version = {
    external_identifier: 'schema-1',
    span_type_schemas: [{ name: 'agent:tool', params_schema: { type: 'object' } }],
  };
  const agent_version = {
    external_identifier: 'v1',
    name: 'Agent',
    description: 'An agent',
    runtime_environment: {
      agent_sdk: ['ai@7.0.0'],
      os: 'linux',
      prefactor_sdk: ['core@1.1.0'],
      runtime: 'node',
    },
  };
  const payload = { external_identifier: 'ticket-7', agent_version, agent_schema_version };
  const registered = call(calls, {
    t: 0,
    type: 'agent_instances/register',
    instance: 'r',
    payload,
  });
  await t.settled();
  await registered;
  expect(t.actions()).toMatchObject([payload]);
});

test('actions bear the time of their call, or the one that they are given', async () => {
  const t = await harness();
  const timeOf = ({ t: ms = 0 }: RecordedAction) => new Date(ms).toISOString();
  const [atCall, given] = [
    new RecordedCalls({ client: t.client }),
    new RecordedCalls({ client: t.client, timeOf }),
  ];
  const before = Date.now();
  for (const calls of [atCall, given]) {
    for (const line of run('r', ['a'], 7)) void call(calls, line);
  }
  await t.settled();
  const starts = t.actions().flatMap(({ details }) => (details ? [details] : []));
  expect(starts).toMatchObject([
    { started_at: new Date(before).toISOString() },
    { started_at: '1970-01-01T00:00:00.007Z' },
  ]);
});

test('a name ends with its run, and can be made again', async () => {
  const t = await harness();
  const calls = new RecordedCalls({ client: t.client });
  const first = run('r', ['a']).map((line) => call(calls, line));
  expect(() => call(calls, create('r', 'b'))).toThrow(
    'It names the run "r", which no earlier line registers, or which has ended.',
  );
  const again = run('r', ['a']).map((line) => call(calls, line));
  await t.settled();
  const [[one], [other]] = [await Promise.all(first), await Promise.all(again)];
  expect(one?.id).not.toBe(other?.id);
  const made = t.emulator.snapshot().instances;
  for (const id of [one?.id, other?.id]) expect(made[String(id)]?.['status']).toBe('complete');
});

test('a run whose registration has failed is not left open, and is counted once', async () => {
  const t = await harness();
  const calls = new RecordedCalls({ client: t.client });
  t.emulator.faults.refuse(({ type }) => type === 'agent_instances/register');
  const [register = {}, ...rest] = run('r', ['a']);
  const failed = call(calls, register);
  await t.settled();
  await expect(failed).rejects.toThrow('Refused');
  expect(calls.runs.leftOpen).toEqual({ runs: 0, spans: 0 });
  const ends = Promise.allSettled(rest.map((line) => call(calls, line)));
  await t.settled();
  await ends;
  t.emulator.faults.clear();
  const other = call(calls, { ...register, instance: 's' });
  expect(calls.runs.leftOpen).toEqual({ runs: 1, spans: 0 });
  await t.settled();
  await other;
});

test('a name that was told of as missing is free again once its run would have ended', async () => {
  const t = await harness();
  const calls = new RecordedCalls({ client: t.client });
  const lines = run('r', ['a']).slice(1).map(actionOf);
  const kinds = lines.map((action) => {
    const taken = calls.take(action);
    return taken.kind === 'no call' ? taken.needsBadLine : taken.kind;
  });
  expect(kinds).toEqual([false, true, true, true]);
  expect(calls.take(actionOf(create('r', 'b')))).toMatchObject({ needsBadLine: false });
});
