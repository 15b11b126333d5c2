// A whole request that is answered with a 400, 413 or 422.
import { describe, expect, test } from 'vitest';
import { PrefactorValidationError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

describe.each([400, 413, 422])('%i', (status) => {
  test('one item alone rejects, and nothing is repeated', async () => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'status', status, message: 'Not like this' });
    const a = t.span('a');
    await t.settled();
    const error = await failureOf(a);
    expect(error).toBeInstanceOf(PrefactorValidationError);
    expect(error).toMatchObject({
      name: 'PrefactorValidationError',
      status,
      idempotencyKey: keyOf('a'),
      maybeApplied: false,
      message: expect.stringContaining('Not like this'),
    });
    expect(t.batches()).toEqual([['a']]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 1, refused: 1 });
  });

  test('where everything is refused, each call rejects with an error of its own', async () => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'status', status }, { times: Number.POSITIVE_INFINITY });
    const calls = t.spans('a', 'b', 'c');
    await t.settled();
    const errors = await Promise.all(calls.map(failureOf));
    const one = expect.any(PrefactorValidationError);
    expect(errors).toEqual([one, one, one]);
    expect(new Set(errors).size).toBe(3);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 3, refused: 3 });
  });
});

test('the details of a refused request are handed on', async () => {
  const t = await harness();
  const errors = { items: { status: 'error', code: 'required', message: 'incomplete' } };
  t.emulator.faults.next({ kind: 'status', status: 422, errors });
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({ apiCode: 'validation_errors', errors });
});
