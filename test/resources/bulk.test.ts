import { expect, test } from 'vitest';
import { failureOf, resources } from '../pipeline/recording-engine.ts';

const item = (n: number, more: object = {}) => ({
  _type: 'agents/list',
  idempotency_key: `key-0000${n}`,
  ...more,
});

test('a batch is sent as it stands, and its outputs come back as they are', async () => {
  const { bulk, engine } = resources();
  const items = [item(1, { name: '€' }), item(2)];
  expect(await bulk.execute({ items })).toEqual({
    status: 'success',
    outputs: { 'key-00001': { status: 'success' }, 'key-00002': { status: 'success' } },
  });
  const texts = items.map((one) => JSON.stringify(one));
  expect(engine.batches).toEqual([{ keys: ['key-00001', 'key-00002'], texts }]);
});

test.each<[string, unknown, string, string]>([
  ['nothing', undefined, 'request', 'must be an object, but it is missing'],
  ['no items', {}, 'items', 'must be an array of at least one item, but it is missing'],
  [
    'an empty batch',
    { items: [] },
    'items',
    'must be an array of at least one item, but it is an array',
  ],
  [
    'a further field',
    { items: [item(1)], itmes: 1 },
    'itmes',
    'is not known here; the nearest is items',
  ],
  [
    'an item that is none',
    { items: [item(1), 7] },
    'items.1',
    'must be an object, but it is a number',
  ],
  [
    'an item without a type',
    { items: [item(1, { _type: undefined })] },
    'items.0._type',
    'must be a string of 1 to 200 characters, but it is missing',
  ],
  [
    'an item without a key',
    { items: [item(1, { idempotency_key: undefined })] },
    'items.0.idempotency_key',
    'must be a string of 8 to 64 characters, but it is undefined',
  ],
  [
    'a key twice',
    { items: [item(1), item(2), item(1)] },
    'items.2.idempotency_key',
    'must be unique, but items.0 has it as well',
  ],
])('%s is refused', async (_, request, path, message) => {
  const { bulk, engine } = resources();
  expect(await failureOf(bulk.execute(request as { items: [] }))).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path, message }],
  });
  expect(engine.batches).toEqual([]);
  expect(engine.declined).toMatchObject([{ type: 'bulk/execute' }]);
});

test('what cannot be serialised is refused', async () => {
  const { bulk } = resources();
  expect(await failureOf(bulk.execute({ items: [item(1), item(2, { n: [1n] })] }))).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path: 'items.1.n.0' }],
    cause: expect.any(TypeError),
  });
});

test('an item that fails as a whole is named by its place', async () => {
  const { bulk } = resources();
  let deep: object = {};
  for (let depth = 0; depth < 20_000; depth++) deep = { deep };
  expect(await failureOf(bulk.execute({ items: [item(1), item(2, { deep })] }))).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path: 'items.1', message: expect.stringContaining('make it flatter') }],
    cause: expect.any(RangeError),
  });
});

test('it is known by its name, and the signal goes with it', async () => {
  const { bulk, engine } = resources();
  const { signal } = new AbortController();
  await bulk.execute({ items: [item(1)] }, { signal });
  await bulk.execute({ items: [item(1)] });
  expect(engine.terms).toEqual([
    { type: 'bulk/execute', signal },
    { type: 'bulk/execute', signal: undefined },
  ]);
  expect(engine.terms[0]?.signal).toBe(signal);
});

test('what the engine rejects it with is what the caller gets', async () => {
  const { bulk, engine } = resources();
  const reason = new Error('enough');
  engine.execute = () => Promise.reject(reason);
  expect(await failureOf(bulk.execute({ items: [item(1)] }))).toBe(reason);
});

test('options that are none are refused', async () => {
  const { bulk, engine } = resources();
  const options = JSON.parse('{"signal":"now"}');
  expect(await failureOf(bulk.execute({ items: [item(1)] }, options))).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path: 'options.signal' }],
  });
  expect(engine.batches).toEqual([]);
});
