// Outputs for keys that were not asked.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

test('they are ignored, and counted', async () => {
  const t = await harness();
  const responses: unknown[] = [];
  t.client.on('response', (detail) => responses.push(detail));
  t.emulator.faults.next({ kind: 'extra', key: 'key-of-nobody' });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  expect(responses).toEqual([expect.objectContaining({ succeeded: 2, unasked: 1 })]);
});

test('the output of an item that is in another request is none of this one', async () => {
  const t = await harness({ batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'extra', key: keyOf('b') });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  expect((await a).id).toBe(a.id);
  expect((await b).id).toBe(b.id);
});
