// Termination from outside: docs/internals/api.md, "Control".

import { expect, test } from 'vitest';
import {
  at,
  bulk,
  CHILD,
  create,
  finish,
  get,
  INSTANCE,
  NOW_TEXT,
  newEmulator,
  outcomes,
  post,
  withInstance,
  withSpan,
} from '../helpers.ts';

const CONTROL = { terminate: true, reason: 'Too costly' };

test('a span created after the termination carries control', async () => {
  const emulator = await withInstance();
  emulator.terminate(INSTANCE, 'Too costly');
  const reply = await bulk(emulator, create('key-00001'));
  expect(at(reply.body, 'outputs', 'key-00001')).toMatchObject({
    status: 'success',
    control: CONTROL,
  });
});

test('the instance shows its termination to whoever polls it', async () => {
  const emulator = await withSpan();
  emulator.terminate(INSTANCE, 'Too costly');
  const reply = await get(emulator, `agent_instance/${INSTANCE}`);
  expect(at(reply.body, 'details')).toMatchObject({
    status: 'terminated',
    termination_reason: 'Too costly',
    finished_at: NOW_TEXT,
    span_counts: { total: 1, active: 0, cancelled: 1 },
  });
});

test('open spans are closed, so their finish is an invalid action', async () => {
  const emulator = await withSpan();
  emulator.terminate(INSTANCE, 'Too costly');
  expect(outcomes(await bulk(emulator, finish('key-00001')))).toEqual({
    'key-00001': 'invalid_action',
  });
});

test('open spans may be left open; their finish carries control', async () => {
  const emulator = await withSpan();
  emulator.terminate(INSTANCE, 'Too costly', { closeSpans: false });
  const reply = await bulk(emulator, finish('key-00001'));
  expect(at(reply.body, 'outputs', 'key-00001', 'control')).toEqual(CONTROL);
});

test('finishing a terminated instance gives 409', async () => {
  const emulator = await withInstance();
  emulator.terminate(INSTANCE, 'Too costly');
  const reply = await post(emulator, `agent_instance/${INSTANCE}/finish`, {});
  expect(reply.status).toBe(409);
  expect(at(reply.body, 'code')).toBe('invalid_action');
});

test('the endpoint terminates as well, once', async () => {
  const emulator = await withSpan();
  const path = `agent_instance/${INSTANCE}/terminate`;
  const reply = await post(emulator, path, { reason: 'Too costly', timestamp: NOW_TEXT });
  expect(at(reply.body, 'details', 'status')).toBe('terminated');
  expect((await post(emulator, path, { reason: 'Too costly' })).status).toBe(409);
  expect((await post(emulator, path, {})).status).toBe(422);
});

test('other instances carry no control, unless the option says always', async () => {
  const quiet = await withSpan();
  const created = await bulk(quiet, create('key-00001', { id: CHILD }));
  expect(at(created.body, 'outputs', 'key-00001')).not.toHaveProperty('control');

  const always = await withInstance({ alwaysControl: true });
  const reply = await bulk(always, create('key-00001'));
  expect(at(reply.body, 'outputs', 'key-00001', 'control')).toEqual({
    terminate: false,
    reason: null,
  });
});

test('there must be an instance to terminate', () => {
  expect(() => newEmulator().terminate(INSTANCE, 'x')).toThrow(
    new RangeError(`There is no agent instance "${INSTANCE}" to terminate.`),
  );
});
