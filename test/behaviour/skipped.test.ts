// An item without an output, after one that failed.
import { expect, test } from 'vitest';
import { PrefactorSkippedError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

test('what the server did not reach leaves at once, unchanged, and costs no attempt', async () => {
  const t = await harness({ retry: { limit: 1 } });
  t.refuse('a');
  const [a, b, c] = t.spans('a', 'b', 'c');
  await t.pass(20);
  expect(t.batches()).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c'],
  ]);
  await t.settled();
  expect(await outcomes(a, b, c)).toEqual(['PrefactorValidationError', 'ok', 'ok']);
  const [first, second] = t.sent;
  expect(second?.items).toEqual(first?.items.slice(1));
  expect(t.client.stats()).toMatchObject({ requests: 2, requeued: 2, retried: 0 });
});

test('the re-queued come first, also where many others wait', async () => {
  const t = await harness({ batch: { maxItems: 4, concurrency: 1 } });
  t.refuse('b');
  const calls = t.spans('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  await t.settled();
  expect(t.batches()).toEqual([
    ['a', 'b', 'c', 'd'],
    ['c', 'd', 'e', 'f'],
    ['g', 'h'],
  ]);
  expect(await outcomes(...calls)).toEqual(
    calls.map((_, index) => (index === 1 ? 'PrefactorValidationError' : 'ok')),
  );
});

test('each re-queue is told of, by its key and the one that stopped the batch', async () => {
  const t = await harness();
  const requeued: unknown[] = [];
  t.client.on('requeue', (detail) => requeued.push(detail));
  t.refuse('a');
  void t.spans('a', 'b');
  await t.settled();
  expect(requeued).toEqual([
    { key: keyOf('b'), type: 'agent_spans/create', becauseOf: keyOf('a') },
  ]);
});

test("with onSkipped: 'reject' the skipped are rejected, and nothing is sent again", async () => {
  const t = await harness({ onSkipped: 'reject' });
  t.refuse('b', { code: 'not_found', message: 'No such run', errors: { secret: ['of b'] } });
  const [a, b, c, d] = t.spans('a', 'b', 'c', 'd');
  await t.settled();
  expect(t.batches()).toEqual([['a', 'b', 'c', 'd']]);
  expect(await outcomes(a, b, c, d)).toEqual([
    'ok',
    'PrefactorNotFoundError',
    'PrefactorSkippedError',
    'PrefactorSkippedError',
  ]);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, refused: 1, notAttempted: 2 });
  const error = await failureOf(c);
  expect(error).toBeInstanceOf(PrefactorSkippedError);
  expect(error).toMatchObject({
    code: 'SKIPPED',
    idempotencyKey: keyOf('c'),
    maybeApplied: false,
    message: expect.stringContaining(keyOf('c')),
    cause: { name: 'PrefactorNotFoundError', apiCode: 'not_found', idempotencyKey: keyOf('b') },
  });
  expect((error as PrefactorSkippedError).cause).not.toBe(await failureOf(b));
});

test("the cause of a skip holds no details, which are another caller's", async () => {
  const t = await harness({ onSkipped: 'reject' });
  t.refuse('a', { errors: { secret: ['of a'] } });
  const [, b] = t.spans('a', 'b');
  await t.settled();
  const { cause } = (await failureOf(b)) as PrefactorSkippedError;
  expect(cause).toMatchObject({ name: 'PrefactorValidationError', errors: undefined });
});
