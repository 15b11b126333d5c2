// An answer as the API gives it is read output by output, since JSON.parse of the whole costs more.
import { expect, onTestFinished, test, vi } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';

test('no answer is parsed as a whole, that of a batch which stops at an error neither', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  t.refuse('b');
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  const calls = t.spans('a', 'b', 'c');
  await t.settled();
  expect(await outcomes(...calls)).toEqual(['ok', 'PrefactorValidationError', 'ok']);
  expect(t.batches()).toEqual([['a', 'b', 'c'], ['c']]);
  const whole = parse.mock.calls.filter(([text]) => text.includes('"outputs":{'));
  expect(whole).toEqual([]);
});
