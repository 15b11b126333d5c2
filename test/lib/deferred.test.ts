import { expect, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';

test('it resolves', async () => {
  const { promise, resolve } = deferred<string>();
  resolve('tea');
  expect(await promise).toBe('tea');
});

test('it rejects', async () => {
  const { promise, reject } = deferred<string>();
  const error = new Error('spilt');
  reject(error);
  await expect(promise).rejects.toBe(error);
});
