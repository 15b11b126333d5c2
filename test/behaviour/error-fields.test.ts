// What the API said, and of which request, whatever class the error has.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { failureOf } from '../helpers/outcomes.ts';

test('the error of an item names the request that it was answered in', async () => {
  const t = await harness({ onSkipped: 'reject' });
  const errors = { status: ['is over'] };
  t.refuse('b', { code: 'invalid_action', message: 'It is over', errors });
  const [, b, c] = t.spans('a', 'b', 'c');
  await t.settled();
  const said = { apiCode: 'invalid_action', apiMessage: 'It is over', requestId: 'emulator-3' };
  expect(await failureOf(b)).toMatchObject({ name: 'PrefactorConflictError', ...said, errors });
  // The details are about the arguments of the other call.
  expect(await failureOf(c)).toMatchObject({ cause: { ...said, errors: undefined } });
});

test('so does that of a refused request, of each call in it', async () => {
  const t = await harness({ batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'status', status: 409, message: 'Taken' });
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({
    name: 'PrefactorConflictError',
    apiMessage: 'Taken',
    requestId: 'emulator-3',
  });
});

test('so does that of an answer without its output, and of an error that was to pass', async () => {
  const t = await harness({ retry: { limit: 1 } });
  t.emulator.faults.next({ kind: 'omit' });
  const a = t.span('a');
  await t.settled();
  t.refuse('b', { code: 'temporarily_unavailable' });
  const b = t.span('b');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({
    name: 'PrefactorContractError',
    problem: 'missing output',
    status: undefined,
    requestId: 'emulator-3',
  });
  expect(await failureOf(b)).toMatchObject({
    name: 'PrefactorRetryExhaustedError',
    limit: 'attempts',
    last: 'an error that may pass',
    cause: { apiCode: 'temporarily_unavailable', requestId: 'emulator-4' },
  });
});
