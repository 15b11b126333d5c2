// An item without an output, though nothing failed before it.
import { expect, test } from 'vitest';
import { PrefactorContractError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

test.each([
  ['ran', true],
  ['did not run', false],
])('an item that %s and has no output is sent again, and takes effect once', async (_, runs) => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'omit', item: keyOf('b'), runs });
  const [a, b, c] = t.spans('a', 'b', 'c');
  await t.settled();
  expect(await outcomes(a, b, c)).toEqual(['ok', 'ok', 'ok']);
  expect(t.batches()).toEqual([['a', 'b', 'c'], ['b']]);
  const [first, second] = t.sent;
  expect(second?.items).toEqual(first?.items.slice(1, 2));
  expect(t.emulator.report().effects.get(keyOf('b'))).toBe(1);
});

test('an item that never gets an output rejects in the end', async () => {
  const t = await harness({ retry: { limit: 3 } });
  t.emulator.faults.next({ kind: 'omit', item: keyOf('b') }, { times: Number.POSITIVE_INFINITY });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  const error = await failureOf(b);
  expect(error).toBeInstanceOf(PrefactorContractError);
  expect(error).toMatchObject({
    code: 'CONTRACT_BROKEN',
    idempotencyKey: keyOf('b'),
    maybeApplied: true,
    message: expect.stringMatching(/no output for "key-of-b".*same idempotencyKey is safe/),
  });
  expect(t.emulator.report().attempts.get(keyOf('b'))).toBe(3);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, inDoubt: 1 });
});

test('what waits for it is not sent before it', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'omit', item: keyOf('root') });
  const root = t.span('root', { status: 'active' });
  const finish = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
  await t.settled();
  expect(await outcomes(root, finish)).toEqual(['ok', 'ok']);
});
