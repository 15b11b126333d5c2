// An item whose output is an error that will not pass.
import { describe, expect, test } from 'vitest';
import {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf, UNKNOWN } from '../helpers/spans.ts';

test('a skipped item leaves before a call that was made after it', async () => {
  const t = await harness({ batch: { maxItems: 3, concurrency: 1 } });
  t.refuse('b');
  const [a, b, c] = t.spans('a', 'b', 'c');
  await t.settle();
  const d = t.span('d');
  await t.settled();
  expect(t.batches()).toEqual([
    ['a', 'b', 'c'],
    ['c', 'd'],
  ]);
  expect(await outcomes(a, b, c, d)).toEqual(['ok', 'PrefactorValidationError', 'ok', 'ok']);
});

describe('the code gives the class', () => {
  test.each([
    ['validation_errors', PrefactorValidationError, 'VALIDATION_FAILED'],
    ['bad_request', PrefactorValidationError, 'VALIDATION_FAILED'],
    ['not_found', PrefactorNotFoundError, 'NOT_FOUND'],
    ['invalid_action', PrefactorConflictError, 'CONFLICT'],
    ['conflict', PrefactorConflictError, 'CONFLICT'],
    ['unauthorized', PrefactorAuthError, 'AUTH_FAILED'],
    ['a_code_of_tomorrow', PrefactorApiError, 'API_ERROR'],
  ])('%s', async (apiCode, Class, code) => {
    const t = await harness();
    t.refuse('a', { code: apiCode, message: 'No.' });
    const [a, b] = t.spans('a', 'b');
    await t.settled();
    const error = await failureOf(a);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({
      name: Class.name,
      code,
      apiCode,
      status: undefined,
      idempotencyKey: keyOf('a'),
      maybeApplied: false,
      message: expect.stringContaining('No.'),
    });
    expect(await outcomes(b)).toEqual(['ok']);
    expect(t.emulator.report().attempts.get(keyOf('a'))).toBe(1);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 2, succeeded: 1, refused: 1 });
  });
});

test('the details of the API are handed on as they came', async () => {
  const t = await harness();
  const errors = { schema_name: ['is too long'], nested: { status: 'error', code: 'required' } };
  t.refuse('a', { errors });
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({ errors });
});

test('what the server itself says no to is told to the caller', async () => {
  const t = await harness();
  const orphan = t.span('orphan', { parentSpanId: UNKNOWN });
  const lost = t.client.agentSpans.finish(UNKNOWN);
  const twice = t.span('twice', { status: 'complete' });
  const again = t.client.agentSpans.finish(twice);
  await t.settled();
  expect(await outcomes(orphan, lost, twice, again)).toEqual([
    'PrefactorNotFoundError',
    'PrefactorNotFoundError',
    'ok',
    'PrefactorConflictError',
  ]);
});

test('a refusal that names an id that the client made says what to try', async () => {
  const t = await harness();
  t.refuse('a', { errors: { id: ['is of another partition'] } });
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({
    message: expect.stringContaining("try ids: 'server'"),
  });
});

test('no two callers get one error object', async () => {
  const t = await harness();
  t.refuse('a');
  const [one, other] = [t.span('a'), t.span('a')];
  await t.settled();
  const [first, second] = [await failureOf(one), await failureOf(other)];
  expect(first).toEqual(second);
  expect(first).not.toBe(second);
});

test('k failures in n items cost at most k + ceil(n / maxItems) requests', async () => {
  const t = await harness({ batch: { maxItems: 10, concurrency: 1 } });
  const bad = [0, 9, 10, 25, 49];
  for (const index of bad) t.refuse(`${index}`);
  const calls = Array.from({ length: 50 }, (_, index) => t.span(`${index}`));
  await t.settled();
  const expected = calls.map((_, index) =>
    bad.includes(index) ? 'PrefactorValidationError' : 'ok',
  );
  expect(await outcomes(...calls)).toEqual(expected);
  expect(t.batches().length).toBeLessThanOrEqual(bad.length + 5);
});
