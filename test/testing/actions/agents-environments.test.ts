// `agents/*` and `environments/*` in bulk: docs/internals/api.md, "Actions".

import { expect, test } from 'vitest';
import { at, bulk, newEmulator, outcomes, UNKNOWN } from '../helpers.ts';

test.each(['agent', 'environment'])('an %s is created, shown, changed and listed', async (type) => {
  const emulator = newEmulator();
  const created = await bulk(emulator, {
    _type: `${type}s/create`,
    idempotency_key: 'create-1',
    details: { name: 'One' },
  });
  const id = at(created.body, 'outputs', 'create-1', 'details', 'id');
  const reply = await bulk(
    emulator,
    { _type: `${type}s/show`, idempotency_key: 'show-001', [`${type}_id`]: id },
    {
      _type: `${type}s/update`,
      idempotency_key: 'update-1',
      [`${type}_id`]: id,
      details: { name: 'Two' },
    },
    { _type: `${type}s/list`, idempotency_key: 'list-001' },
  );
  expect(at(reply.body, 'outputs', 'show-001', 'details')).toMatchObject({ type, id, name: 'One' });
  expect(at(reply.body, 'outputs', 'list-001', 'summaries')).toEqual([
    expect.objectContaining({ type, id, name: 'Two' }),
  ]);
});

test.each([
  ['a create without details', { _type: 'agents/create' }, { details: ['is required'] }],
  ['a create without name', { _type: 'agents/create', details: {} }, { name: ['is required'] }],
  [
    'an update without details',
    { _type: 'agents/update', agent_id: UNKNOWN },
    { details: ['is required'] },
  ],
  ['a show without id', { _type: 'agents/show' }, { agent_id: ['is required'] }],
  [
    'a list with an unknown field',
    { _type: 'agents/list', page: 1 },
    { page: ['is not a known field'] },
  ],
])('%s is refused', async (_name, item, errors) => {
  const reply = await bulk(newEmulator(), { ...item, idempotency_key: 'key-00001' });
  expect(at(reply.body, 'outputs', 'key-00001')).toMatchObject({
    code: 'validation_errors',
    errors,
  });
});

test('what was never created is not found', async () => {
  const item = { _type: 'environments/show', environment_id: UNKNOWN };
  const reply = await bulk(newEmulator(), { ...item, idempotency_key: 'key-00001' });
  expect(outcomes(reply)).toEqual({ 'key-00001': 'not_found' });
});
