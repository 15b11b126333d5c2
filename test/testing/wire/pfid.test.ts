// Ids: docs/internals/api.md, "Ids". The official package says whether ours are right.

import * as official from '@prefactor/pfid';
import { expect, test } from 'vitest';
import { Random } from '../../../src/testing/lib/random.ts';
import {
  isPfid,
  makePfid,
  partitionText,
  randomPartition,
} from '../../../src/testing/wire/pfid.ts';
import { at, newEmulator, post } from '../helpers.ts';

test('an id has its time, its partition and a random part', () => {
  const random = new Random(1);
  const partition = randomPartition(random);
  const id = makePfid(1_788_249_600_123, partition, random);
  expect(official.isPfid(id)).toBe(true);
  expect(official.encode(official.decode(id))).toBe(id);
  expect(official.decode(id).readUIntBE(0, 6)).toBe(1_788_249_600_123);
  expect(partitionText(id)).toBe(partition);
  expect(makePfid(2 ** 48 - 1, partition, random)).toMatch(/^7zzzzzzzzz/);
});

test('official ids are valid', () => {
  const id = official.generateRoot();
  expect(isPfid(id)).toBe(true);
  expect(official.extractPartition(official.generateRelated(id))).toBe(
    official.extractPartition(id),
  );
});

test.each([
  '',
  'x',
  '8'.repeat(32),
  `0${'i'.repeat(31)}`,
  '0'.repeat(31),
  '0'.repeat(33),
  `0${'A'.repeat(31)}`,
  null,
  7,
])('%j is no id', (value) => {
  expect(isPfid(value)).toBe(false);
  expect(official.isPfid(value)).toBe(false);
});

test('a name and a seed give the same numbers, others give others', () => {
  const draw = (name: string, seed: number): number[] => {
    const random = Random.of(name, seed);
    return [random.next(), random.next(), random.next()];
  };
  expect(draw('a', 1)).toEqual(draw('a', 1));
  expect(draw('a', 1)).not.toEqual(draw('b', 1));
  expect(draw('a', 1)).not.toEqual(draw('a', 2));
});

test('pfid/generate gives ids in the partition of the account', async () => {
  const emulator = newEmulator();
  const reply = await post(emulator, 'pfid/generate', { count: 3 });
  const account = String(at(reply.body, 'account_id'));
  const pfids = at(reply.body, 'pfids') as string[];
  expect(reply.body).toEqual({ status: 'success', pfids, account_id: account });
  expect(new Set(pfids).size).toBe(3);
  for (const id of pfids) expect(partitionText(id)).toBe(partitionText(account));
  expect((await post(emulator, 'pfid/generate', { count: 1, account_id: account })).status).toBe(
    200,
  );
});

test.each([
  {},
  { count: 0 },
  { count: 1.5 },
  { count: 1001 },
  { count: '3' },
  { count: 1, kind: 'span' },
])('pfid/generate refuses %j', async (body) => {
  expect((await post(newEmulator(), 'pfid/generate', body)).status).toBe(422);
});

test('pfid/generate knows one account only', async () => {
  const reply = await post(newEmulator(), 'pfid/generate', { count: 1, account_id: 'other' });
  expect(reply.status).toBe(404);
});
